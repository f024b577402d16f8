"""The file systems of the node, in its own mount namespace: nothing of the host's but devices and cgroups."""

import subprocess
from pathlib import Path

from .layout import Layout

# The kubelet sets these for the whole kernel, to these values: it gets copies to write to.
_MACHINE_WIDE = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def mount_all(layout: Layout, system: Path, kube: Path, coredns: Path) -> None:
    """Mount the node's root and everything below it.

    Args:
        layout: The running node's folder.
        system: The root file system, which stays as it is.
        kube: Kubernetes' programs.
        coredns: CoreDNS and its image.
    """
    root = layout.root
    _mount("--bind", "-o", "ro", str(system), root)
    for source, target in ((kube, "opt/kube"), (coredns, "opt/coredns")):
        _mount("--bind", "-o", "ro", str(source), root / target)
    _mount("--bind", str(layout.etc), root / "etc/kubernetes")
    _mount("--bind", str(layout.var), root / "var")
    for folder in ("run", "tmp", "root"):
        _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / folder)
    _mount("-t", "proc", "proc", root / "proc")
    _mount("-t", "sysfs", "sysfs", root / "sys")
    _mount("--rbind", "/sys/fs/cgroup", root / "sys/fs/cgroup")
    _mount("--rbind", "/dev", root / "dev")
    for key, value in _MACHINE_WIDE.items():
        copy = root / "run" / f"sysctl-{Path(key).name}"
        copy.write_text(value)
        _mount("--bind", str(copy), root / "proc/sys" / key)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)
