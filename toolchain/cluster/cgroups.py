"""The cgroups of the cluster's pods: one folder of ours in each hierarchy, so that nothing of others is touched."""

import time
from contextlib import suppress
from pathlib import Path

from .network import CGROUP

_ROOT = Path("/sys/fs/cgroup")
_PATIENCE = 10  # seconds


def make() -> None:
    """Make the cgroup, in every hierarchy of version 1, or in that of version 2."""
    if (_ROOT / "cgroup.controllers").exists():
        for controller in (_ROOT / "cgroup.controllers").read_text().split():
            with suppress(OSError):  # one that cannot be used here; the kubelet says which it misses
                (_ROOT / "cgroup.subtree_control").write_text(f"+{controller}")
    for folder in _folders():
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):  # empty at first in version 1, and so of no use
            if (folder / name).exists() and not (folder / name).read_text().strip():
                (folder / name).write_text((folder.parent / name).read_text())


def remove() -> None:
    """Remove the cgroup with all below it. Only an empty one can be removed, so nothing that lives is touched."""
    deadline = time.monotonic() + _PATIENCE
    while left := [folder for folder in _folders() if folder.exists()]:
        for folder in left:
            below = sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True)
            for path in [*(path for path in below if path.is_dir()), folder]:
                with suppress(OSError):
                    path.rmdir()
        if time.monotonic() > deadline:
            return
        time.sleep(0.1)


def _folders() -> list[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT / CGROUP]
    hierarchies = [path for path in _ROOT.iterdir() if path.is_dir() and not path.is_symlink()]
    return [path / CGROUP for path in hierarchies if (path / "cgroup.procs").exists()]
