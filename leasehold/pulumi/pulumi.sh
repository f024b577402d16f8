#!/bin/sh
# Starts Pulumi so that it is told to stop when its parent dies: it then ends what it is at and gives up its lock.
# Busybox has a setpriv that cannot; there Pulumi goes on, as where there is none.
if setpriv --pdeathsig TERM -- true 2>/dev/null; then
  exec setpriv --pdeathsig TERM -- pulumi "$@"
fi
exec pulumi "$@"
