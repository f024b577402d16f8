"""A cluster in memory, whose brokers are folders here: what is run in one is run by this machine's own shell."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from leasehold.clock import now
from leasehold.contract import (
    ENGINE_VARIABLE,
    EXPIRES_LABEL,
    FILES,
    KUBERNETES,
    NAME_LOCK_LABEL,
    RUN_LABEL,
    SERVERS,
    resource_name,
)
from leasehold.engines.current import use
from leasehold.engines.locks import Lock, Locks
from leasehold.engines.memory import SERVER, MemoryEngine
from leasehold.engines.memory_locks import MemoryLocks
from leasehold.inputs import ProgramInputs
from leasehold.pool.protocol import Warm
from tests.unit.leasehold.test_outputs import GOOD

TERM = 3600


class Command:
    """A command that runs on this machine. See `protocol.Pipe`."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        words = [word.replace(FILES, str(folder)) for word in command]
        self._child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def send(self, data: bytes) -> None:
        assert self._child.stdin
        self._child.stdin.write(data)
        self._child.stdin.flush()

    def receive(self, patience: float) -> bytes:
        assert self._child.stdout
        return self._child.stdout.readline()

    def close(self) -> None:
        self._child.kill()
        self._child.communicate()


class Cluster(MemoryEngine):
    """Has runs of three servers, each with a folder for its broker's files."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.locks = MemoryLocks(lambda lock: any(one.name_lock == lock.name_lock for one in self.every()))
        self.run_command = lambda server, command: Command(command, self.files_in(server))

    def files_in(self, server: str) -> Path:
        """Return the folder of a server."""
        made = self.folder / server
        made.mkdir(parents=True, exist_ok=True)
        return made

    @property
    def shared(self) -> Locks:
        """Its locks."""
        assert self.locks
        return self.locks

    def run(self, name: str, name_lock: str = "") -> Warm:
        """Make a run, as `MadeRuns` would tell of it."""
        name_lock = name_lock or uuid4().hex
        labels = {RUN_LABEL: name, NAME_LOCK_LABEL: name_lock, EXPIRES_LABEL: str(int(now() + TERM))}
        for part in SERVERS:
            self.put(SERVER, resource_name(name, part), labels)
        inputs = ProgramInputs((), "").below(self.folder)
        return Warm(name, name_lock, {**GOOD, "run": name}, inputs, now(), now() + TERM)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv(ENGINE_VARIABLE, KUBERNETES)
    made = Cluster(tmp_path / "files")
    with use(made):
        yield made


@pytest.fixture
def lock(cluster: Cluster) -> Callable[..., Lock]:
    """Make a run and a lock on it."""

    def make(name: str = "pool-a", **fields: object) -> Lock:
        told = {"holder": "keeper", "pool": "ci", "recipe": "r", "duration": 40, **fields}
        return cluster.shared.create(Lock(run=name, name_lock=cluster.run(name).name_lock, **told))  # type: ignore[arg-type]

    return make
