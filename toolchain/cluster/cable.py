"""The cable between the host and the node: the one thing of the cluster that stands in the host's network."""

import subprocess
import time
from pathlib import Path

from .network import CABLE, CABLE_PREFIX, HOST

_LINK = Path("/sys/class/net") / CABLE
_PATIENCE = 20  # seconds
_PAUSE = 0.02  # seconds between two looks


class CableError(Exception):
    """The cable cannot be laid."""


def owner() -> str | None:
    """Return the folder of the node whose cable there is; None if there is none."""
    try:
        return (_LINK / "ifalias").read_text().strip()
    except OSError:
        return None


def lay(folder: str, inner: int, system: str) -> None:
    """Lay the cable. Addresses of pods, which the host knows no way to, are not let in from it.

    Args:
        folder: The node's folder, which the cable is marked with.
        inner: The node's first process.
        system: The node's root file system; this machine need not have iproute2.

    Raises:
        CableError: It could not be laid.
    """
    _ip(system, "link", "add", CABLE, "type", "veth", "peer", "name", "eth0", "netns", str(inner))
    _ip(system, "link", "set", CABLE, "alias", folder)
    _ip(system, "address", "add", f"{HOST}/{CABLE_PREFIX}", "dev", CABLE)
    Path(f"/proc/sys/net/ipv4/conf/{CABLE}/rp_filter").write_text("1")
    _ip(system, "link", "set", CABLE, "up")


def remove(folder: str, system: str) -> None:
    """Remove the cable of a folder's node, if it is still there.

    The kernel would, too, some time after the node's last process; the next node may not want to wait for that.
    """
    if owner() != folder:
        return
    subprocess.run([*_command(system), "link", "delete", CABLE], capture_output=True, check=False)
    deadline = time.monotonic() + _PATIENCE
    while owner() == folder and time.monotonic() < deadline:
        time.sleep(_PAUSE)


def _ip(system: str, *arguments: str) -> None:
    done = subprocess.run([*_command(system), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CableError(f"the cable to it could not be laid: {done.stderr.strip()}")


def _command(system: str) -> list[str]:
    return ["chroot", system, "ip"]
