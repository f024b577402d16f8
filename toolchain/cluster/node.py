"""The first process of the node: in new namespaces it changes the root, and becomes the one that buries the others.

With a mere chroot, `kubectl exec` would land in this machine's root: who joins a mount namespace gets its root.
"""

import os
import subprocess
import sys
from pathlib import Path

from .layout import Layout
from .mounts import mount_all

PATH = "/opt/kube:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/cni"
"""Where the node's programs are, in its root."""
FIRST = "tini"
"""The name of the node's first process, once the root is the node's."""
_OLD = "mnt"


def main(folder: str, system: str, kube: str, coredns: str) -> None:
    """Change to the root of a folder, made of what was built; do not return."""
    layout = Layout(Path(folder))
    mount_all(layout, Path(system), Path(kube), Path(coredns))
    subprocess.run(["pivot_root", layout.root, layout.root / _OLD], check=True)
    os.chdir("/")
    os.environ["PATH"] = PATH
    subprocess.run(["umount", "--lazy", f"/{_OLD}"], check=True)
    subprocess.run(["mount", "--make-rshared", "/"], check=True)
    os.execve(f"/usr/bin/{FIRST}", [FIRST, "--", "busybox", "sleep", "infinity"], {"PATH": PATH})  # noqa: S606 - no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
