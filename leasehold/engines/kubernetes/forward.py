"""Ports of this machine that are forwarded to a run's gateway: by one process a run, which whoever needs it starts.

They listen before that process begins, so whoever comes at once waits for it. It holds a lock for as long as it is
there: of the many that may need it one starts it, and the kernel tells when it is gone, however that came about. What
it forwards goes through the API into the gateway's Pod, and so round every policy.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from ... import background, paths
from ...errors import EngineError
from ...shell import without_logins
from .api import connect
from .names import LISTENS, labels_of, part_of, service_path
from .published import port_of
from .reach import LOOPBACK

_PULUMI = "PULUMI_"
_PAUSE = 0.05  # seconds between two looks at a process that another starts
_CONNECTS = 3.0  # seconds
_WAITING = 128  # connections that nobody has accepted yet


def free_ports(ports: Sequence[int]) -> dict[int, int]:
    """Return a port of this machine for each of a server's own: free now, and kept by the run from then on."""
    with ExitStack() as held:
        sockets = {port: held.enter_context(socket.socket()) for port in ports}
        for one in sockets.values():
            one.bind((LOOPBACK, 0))
        return {port: int(one.getsockname()[1]) for port, one in sockets.items()}


def keep(server: str, pod: Mapping[str, Any]) -> None:
    """Have a server be reached at ports of this machine, unless it is already.

    Args:
        server: Its physical name.
        pod: Its Pod, which tells at which ports.

    Raises:
        EngineError: The run is gone, another program has one of the ports, or no process can be started.
    """
    ports = {own: port_of(labels_of(pod), own) for own in LISTENS[part_of(server)]}
    uid = str(connect().get(service_path(server))["metadata"]["uid"])
    lock = paths.private(_folder()) / f"{uid}.lock"
    _clear(lock)
    while True:
        with _taken(lock) as file:
            if file:
                _start(server, uid, ports, lock, file)
                return
        if all(map(_answers, ports.values())):
            return
        time.sleep(_PAUSE)  # another process is about to start it


def _start(server: str, uid: str, ports: Mapping[int, int], lock: Path, held: TextIOWrapper) -> None:
    """Start the process, and hand on to it the lock and the sockets; this one keeps neither."""
    log = lock.with_suffix(".log")
    with ExitStack() as open_here:
        listening = {own: open_here.enter_context(_listening(server, port)) for own, port in ports.items()}
        handed_on = {own: one.fileno() for own, one in listening.items()}
        told = {"server": server, "uid": uid, "listening": handed_on, "files": [str(log), str(lock)]}
        output = paths.open_private(log, os.O_TRUNC)
        open_here.callback(os.close, output)
        own = without_logins(os.environ)
        environment = {name: value for name, value in own.items() if not name.startswith(_PULUMI)}
        command = background.python("leasehold.engines.kubernetes.forwarder", json.dumps(told))
        try:
            background.start(command, output, environment, (held.fileno(), *handed_on.values()))
        except OSError as error:
            raise EngineError(
                f"No process could be started that forwards ports to {server} ({error}). The next command tries again."
            ) from None


def _listening(server: str, port: int) -> socket.socket:
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
        made.listen(_WAITING)
    except OSError as error:
        made.close()
        raise EngineError(
            f"Port {port} of {LOOPBACK} is to be forwarded to {server}, and another program has it ({error}). End that "
            "program, or make the run anew, which then has other ports."
        ) from None
    return made


@contextmanager
def _taken(lock: Path) -> Iterator[TextIOWrapper | None]:
    """Give the file of a lock that nobody else has for the length of a block, None if somebody has."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = lock.exists() and lock.stat().st_ino == os.fstat(file.fileno()).st_ino  # else it was just removed
        except (BlockingIOError, FileNotFoundError):
            ours = False
        yield file if ours else None


def _clear(lock: Path) -> None:
    """Remove what killed processes of other runs have left."""
    for other in {*_folder().glob("*.lock")} - {lock}:
        with suppress(FileNotFoundError), _taken(other) as file:
            for left in (other.with_suffix(".log"), other) if file else ():
                left.unlink(missing_ok=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=_CONNECTS).close()
    except OSError:
        return False
    return True


def _folder() -> Path:
    return paths.state() / "forwards"
