"""The identity of a process: host, boot id, pid and start. Nothing else proves that a process is gone."""

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from ..clock import steady

_LEAST = 19
"""The least priority that there is (nice(2))."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """One process of one boot of one host.

    Attributes:
        host: The host's name.
        boot_id: What the kernel calls this boot; empty where it does not say.
        pid: The process id.
        started: When it started, in the kernel's ticks since boot; 0 where that is not known.
        pids: What its process ids are counted in: a job may have a count of its own; empty where that is not known.
    """

    host: str
    boot_id: str
    pid: int
    started: int
    pids: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is one of this host."""
        return self.host == socket.gethostname()

    @property
    def provably_gone(self) -> bool:
        """Whether it has certainly ended: it was on this host, and that boot or that process is over.

        A job that has the host's network has its name and boot, too, but may count process ids for itself, and then
        they prove nothing elsewhere.
        """
        if not self.is_here or not self.boot_id or not boot_id():
            return False
        if self.boot_id != boot_id():
            return True
        return self.pids == _pids() and _started(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def this_process() -> Process:
    """Return this process."""
    return process_of(os.getpid())


def process_of(pid: int) -> Process:
    """Return a process of this host, by its id; one that has ended by now is one that is gone."""
    return Process(socket.gethostname(), boot_id(), pid, _started(pid) or 0, _pids())


def step_back() -> None:
    """Leave the processors to others, as long as these want them: this process, and those that it will start.

    Where Linux puts each session of processes into a group of its own, it is the group that steps back (sched(7), The
    autogroup feature).
    """
    with suppress(OSError):
        os.nice(_LEAST)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_LEAST))


@cache
def boot_id() -> str:
    """Return the id of this boot (proc(5), /proc/sys/kernel/random/boot_id); empty where there is none."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _pids() -> str:
    """Return the namespace of this process's ids (pid_namespaces(7)); empty where there is none."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


_PATIENCE = 30.0  # seconds for a killed process to be gone


@dataclass(frozen=True)
class Helper:
    """A process that Pulumi started for a run: a plugin, or what runs the program."""

    pid: int
    name: str

    def end(self) -> None:
        """End it, now."""
        with suppress(psutil.Error):
            psutil.Process(self.pid).kill()
        deadline = steady() + _PATIENCE
        while running(self.pid) and steady() < deadline:  # whoever has to take note of its end may be slow to
            time.sleep(0.01)

    def __str__(self) -> str:
        return f"process {self.pid} ({self.name})"


def processes_in(home: Path) -> list[Helper]:
    """List the processes of this user's that were started with a PULUMI_HOME.

    Pulumi ends its plugins when it ends. When it is killed they go on until they ask after it, which may be minutes.
    """
    found = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("PULUMI_HOME") == str(home):
                found.append(Helper(process.pid, process.info["name"]))
    return found


def orphans_in(home: Path, patience: float) -> list[Helper]:
    """List those that are still there after a while: others are just ending.

    Args:
        home: The PULUMI_HOME that they were started with.
        patience: How long they may take, in seconds.
    """
    deadline = steady() + patience
    while (found := processes_in(home)) and steady() < deadline:
        time.sleep(0.05)
    return found


def running(pid: int) -> bool:
    """Return whether there is a process of this id; one that has ended and waits to be asked how (a zombie) is none."""
    return _started(pid) is not None


def _started(pid: int) -> int | None:
    """Return a process's start (proc_pid_stat(5), field 22), or None if there is no such process, or but a zombie."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    state, start = after_name[0], after_name[19]
    return None if state == "Z" else int(start)
