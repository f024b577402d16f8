"""What is told of a full run: of whichever driver's error, what is full, its limit, and what raises it."""

import re
from collections.abc import Iterator, Sequence

import psycopg
import pytest

from leasehold.contract import DATABASE, RUN_LABEL, resource_name
from leasehold.databases.room import Room, disk_full, explained, parse, room_of, unfit_clone, unfit_template
from leasehold.engines.current import use
from leasehold.engines.memory import SERVER, MemoryEngine

HEAD = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
TMPFS = f"{HEAD}tmpfs 393216 393216 0 100% /var/lib/postgresql\n"
SHM = f"{HEAD}shm 65536 1072 64464 2% /dev/shm\n"
DISK = f"{HEAD}/dev/vda 264212084 22272028 73229236 23% /var/lib/postgresql\n"


@pytest.mark.parametrize(
    ("said", "room"),
    [
        (TMPFS, Room(384, 0, in_memory=True)),
        (f"{TMPFS}204801\t/var/lib/postgresql/base/16388\n", Room(384, 0, in_memory=True, database=201)),
        (DISK, Room(258019, 71512, in_memory=False)),
        (SHM, Room(64, 62, in_memory=True)),
        ("", None),
        ("df: /nowhere: No such file or directory\n", None),
        (f"{HEAD}tmpfs - - -\n", None),
    ],
)
def test_what_df_and_du_print(said: str, room: Room | None) -> None:
    assert parse(said) == room


class Said:
    """A command that has printed something."""

    def __init__(self, words: str) -> None:
        self._left = [words[:30].encode(), words[30:].encode(), b""]
        self.asked = False

    def send(self, data: bytes) -> None:
        self.asked = True

    def receive(self, patience: float) -> bytes:
        if not self.asked:
            raise TimeoutError
        return self._left.pop(0)

    def close(self) -> None:
        self._left = []


@pytest.fixture
def printed() -> Iterator[dict[str, str]]:
    """An engine with a database server, in which `df` prints what stands here for a path."""
    engine, prints = MemoryEngine(), dict[str, str]()

    def run(server: str, command: Sequence[str]) -> Said:
        word = re.search(r" (\w{16}) ", command[2])
        return Said(f"{prints[command[4]]}\n{word and word[1]} 0")

    engine.run_command = run
    engine.put(SERVER, resource_name("demo", DATABASE), {RUN_LABEL: "demo"})
    with use(engine):
        yield prints


class Asyncpg(Exception):
    sqlstate = "53100"


class Psycopg2(Exception):
    pgcode = "53100"


def wrapped(error: Exception) -> Exception:
    """Return an error as SQLAlchemy has it."""
    outer = RuntimeError("(psycopg.errors.DiskFull)")
    outer.orig = error  # type: ignore[attr-defined]
    return outer


def caused(error: Exception) -> Exception:
    """Return an error as Django has it."""
    outer = RuntimeError("disk full")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.DiskFull("could not extend file"),
        Asyncpg("could not extend file"),
        Psycopg2("could not extend file"),
        wrapped(Psycopg2()),
        caused(psycopg.errors.DiskFull()),
        ExceptionGroup("tasks", [ValueError(), caused(Asyncpg())]),
    ],
)
def test_a_full_disk_is_known_whatever_the_driver(error: Exception, printed: dict[str, str]) -> None:
    printed["/var/lib/postgresql"] = TMPFS
    told = explained("demo", error)
    assert "storage of run demo's database (384 MiB, of which 0 MiB are free now)" in told
    assert "`storage` of `Environment`, such as `{'size': 768}`" in told


def test_an_error_that_comes_from_itself_and_one_of_something_else() -> None:
    error = ValueError()
    error.__context__ = other = psycopg.errors.InsufficientPrivilege()
    other.__context__ = error
    assert disk_full(error) is None
    assert explained("demo", error) == ""


def test_full_shared_memory(printed: dict[str, str]) -> None:
    printed["/dev/shm"] = SHM
    error = psycopg.errors.DiskFull('could not resize shared memory segment "/PostgreSQL.1" to 1 bytes: No space left')
    told = explained("demo", error)
    assert "too small (64 MiB)" in told
    assert "`shm_size` of `Environment`, such as `128`" in told


def test_a_full_volume(printed: dict[str, str]) -> None:
    printed["/var/lib/postgresql"] = DISK
    assert "what the engine's disk has" in explained("demo", psycopg.errors.DiskFull())


def test_a_server_that_cannot_be_asked() -> None:
    with use(MemoryEngine()):
        assert room_of("demo") is None
        assert "`storage` of `Environment`" in explained("demo", psycopg.errors.DiskFull())
    assert "needs more room than there is" in unfit_template(None)
    assert "it takes more than there is" in unfit_clone("tpl_1", None)


def test_the_size_that_is_proposed_holds_what_did_not_fit() -> None:
    assert "{'size': 1000}" in unfit_clone("tpl_1", Room(384, 100, in_memory=True, database=500))
