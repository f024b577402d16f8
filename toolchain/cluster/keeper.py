"""Keeps the node: the one process to end. It stands outside the namespaces, and the node dies with it.

The file that says that it lives is locked by whoever started it, and inherited: there is no moment without the lock.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

from . import cable, cgroups
from .bringup import Node, NodeError
from .layout import Layout
from .node import FIRST

_PATIENCE = 20  # seconds, for what the kernel does
_PAUSE = 0.02  # seconds between two looks


class KeeperError(Exception):
    """The node cannot be kept."""


def main(folder: str, life: str, system: str, kube: str, coredns: str) -> None:
    """Start the node of a folder; return when it has ended, or its life, and it is cleared away."""
    layout = Layout(Path(folder))
    layout.alive.write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, _leave)
    # Whoever kills this process kills the node: each of the two asks the kernel to die with its parent.
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=KILL"]
    program = [sys.executable, "-m", "toolchain.cluster.node", folder, system, kube, coredns]
    outer = None
    try:
        cgroups.make()
        with (layout.logs / "node.log").open("ab") as log:
            outer = subprocess.Popen(
                [*command, "--propagation", "private", *program], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        inner = _node_of(outer)
        layout.inner.write_text(str(inner.pid))
        cable.lay(folder, inner.pid, system)
        node = Node(layout, inner.pid)
        node.start()
        node.watch(float(life))
        print(f"The cluster's life of {float(life) / 3600:g} h is over.", flush=True)
    except (KeeperError, cable.CableError, NodeError, subprocess.CalledProcessError, psutil.Error, OSError) as error:
        print(f"The node ends: {error}.", flush=True)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if outer:
            _end(outer)
        clear(layout, system)


def clear(layout: Layout, system: str) -> None:
    """Remove what a node that has ended left, but for its logs and the locks.

    Args:
        layout: The node's folder.
        system: The root file system it had.
    """
    cable.remove(str(layout.folder), system)
    if cable.owner() is None:  # else the cgroups are those of another user's node
        cgroups.remove()
    for path in (layout.ready, layout.inner, layout.kubeconfig):
        path.unlink(missing_ok=True)
    for folder in (layout.etc, layout.var, layout.root):
        shutil.rmtree(folder, ignore_errors=True)


def _node_of(outer: "subprocess.Popen[bytes]") -> psutil.Process:
    """Return process 1 of the new namespaces, once it has changed the root and taken its last name."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and outer.poll() is None:
        for child in psutil.Process(outer.pid).children():
            with suppress(psutil.NoSuchProcess):
                if child.name() == FIRST:
                    return child
        time.sleep(_PAUSE)
    raise KeeperError("its namespaces could not be made (node.log says more)")


def _end(outer: "subprocess.Popen[bytes]") -> None:
    """End the node, and with it, as it is process 1 of its namespace, everything in it."""
    nodes = psutil.Process(outer.pid).children() if outer.poll() is None else []
    for node in nodes:
        node.kill()
    outer.kill()
    outer.wait()
    psutil.wait_procs(nodes, _PATIENCE)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
