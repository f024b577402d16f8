"""Podman's service on this machine, with a network and with storage of its own."""

import resource
import signal
import subprocess
from pathlib import Path
from typing import ClassVar

from .second_engine import SecondEngine
from .support import until

_OWN = 'mkdir -p /run/containers && mount -t tmpfs own /run/containers && mount -t tmpfs own /dev/shm && exec "$@"'
"""Gives Podman folders of its own where it has no option for it: those of its name server and of its locks. Else one
that was killed would leave the next a name server that is in another network."""


class PodmanEngine(SecondEngine):
    """It has a network of its own, for dockerd has this machine's drop what goes between containers of others."""

    tools: ClassVar[tuple[str, ...]] = ("podman", "unshare", "nsenter", "ip", "mount")

    def start(self) -> None:
        settings = self.folder / "containers.conf"
        settings.write_text(f"[containers]\ndefault_ulimits = [{_limits()}]\n")
        folders = [f"--{name}={self.folder}/{name}" for name in ("root", "runroot", "tmpdir", "network-config-dir")]
        kinds = ["--cgroup-manager=cgroupfs", "--events-backend=file", "--storage-driver=overlay"]
        own = ["unshare", "--mount", "sh", "-c", _OWN, "podman"]
        with (self.folder / "log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [*self.inside, *own, "podman", *folders, *kinds, "system", "service", "--time=0", self.host],
                env=self.shell({"CONTAINERS_CONF": str(settings)}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self._answers)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self._daemon
        client = self.client()
        for one in client.containers.list(all=True):
            one.remove(force=True)
        client.close()
        self._daemon.send_signal(how)
        self._daemon.wait()


def _limits() -> str:
    """Return limits that a process without the right to raise any may set: Podman's own are the kernel's highest."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    highest = int(Path("/proc/sys/kernel/pid_max").read_text())
    own = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    processes = highest if own == resource.RLIM_INFINITY else min(own, highest)
    return ", ".join(f'"{name}={most}:{most}"' for name, most in (("nofile", files), ("nproc", processes)))
