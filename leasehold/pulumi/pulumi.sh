#!/bin/sh
# Starts Pulumi so that it is told to stop when its parent dies: it then ends what it is at and gives up its lock.
exec setpriv --pdeathsig TERM -- pulumi "$@"
