"""A run that is full: what does not fit fails alone and says how much there is, and the run goes on."""

import json
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import psycopg
import pulumi
import pytest

from components import Environment, RoleArgs, StorageArgs
from leasehold import BrokerError, Databases, Run, RunError
from leasehold.contract import DATA, OWN_STORAGE
from leasehold.databases.room import explained, room_of
from leasehold.engines.labelled import remove_all, take_inventory
from leasehold.runs.run import destroy

from .conftest import MakeRun
from .support import PROJECTS, Live, image_of, inspect_run, leasehold, read

Session = Callable[..., subprocess.CompletedProcess[str]]
SMALL = PROJECTS / "small"
ROWS = "SELECT repeat(md5(n::text), 32) FROM generate_series(1, {}) AS n"
"""Rows of 1 kB."""

WIDE = "SELECT n, repeat(md5(n::text), 15) AS t FROM generate_series(1, 200000) AS n"
"""A table of 100 MB, which a hash table of as much is made of."""

MIGRATIONS = """
from leasehold import Lease
def prepare(lease: Lease) -> None:
    with lease.connect() as connection:
        connection.execute("CREATE TABLE shop.seeded (t text)")
        connection.execute("INSERT INTO shop.seeded {rows}")
"""
JOIN = """
SET enable_mergejoin = off; SET enable_nestloop = off; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0; SET debug_parallel_query = on; SET max_parallel_workers_per_gather = 2;
SET work_mem = '256MB'
"""


@pytest.fixture(scope="module")
def small() -> Iterator[Run]:
    """A run with 384 MiB of storage and 64 MiB of shared memory."""
    name = f"t-{secrets.token_hex(4)}"
    yield Run.create(name, program=SMALL, keep=True)
    destroy(name, program=SMALL)
    assert inspect_run(name).empty


def postmaster(engine: docker.DockerClient, run: Run) -> str:
    """Return what the server's process wrote when it began: its pid and when."""
    return read(engine, f"leasehold-{run.name}-database", f"head -n 3 {DATA}/postmaster.pid")


@pytest.fixture
def stays(small: Run, engine: docker.DockerClient) -> Iterator[None]:
    """Hold that the server goes on, with its room as it was."""
    before, room = postmaster(engine, small), room_of(small.name)
    assert room
    yield
    after, own = room_of(small.name), room_of(small.name, OWN_STORAGE)
    assert postmaster(engine, small) == before
    log = read(engine, f"leasehold-{small.name}-database", "cat /tmp/leasehold-logs/*.json")
    assert '"error_severity":"PANIC"' not in log
    assert "was terminated by signal" not in log
    assert after
    assert after.free > room.free - 16, "what was full is given back"
    assert own
    assert own.free > own.size // 2, "the write-ahead log stays well inside its storage"


@pytest.fixture
def suite_of(small: Run, suite: Path) -> Path:
    """A suite of that run."""
    (suite / "test_passing.py").unlink()
    migrate(suite, 10)
    return suite


def migrate(suite: Path, rows: int) -> None:
    """Have its template hold so many rows of 1 kB."""
    module = f"seeds_{secrets.token_hex(4)}"
    (suite / f"{module}.py").write_text(MIGRATIONS.format(rows=ROWS.format(rows)))
    (suite / "pytest.ini").write_text(
        f"[pytest]\npythonpath = .\nleasehold_program = {SMALL}\nleasehold_migrations = {module}:prepare\n"
        "leasehold_short_names = true\n"
    )


def drop_templates(run: Run) -> None:
    databases = Databases(run.issuer)
    for name in databases.names():
        if name.startswith("tpl_"):
            databases.drop(name)
    databases.close()


@pytest.mark.usefixtures("stays")
def test_a_test_that_fills_the_disk_fails_alone(session: Session, suite_of: Path, small: Run) -> None:
    (suite_of / "test_full.py").write_text(
        "def test_first(connect):\n    connect('writer').execute('SELECT FROM shop.seeded')\n"
        "def test_full(connect):\n"
        "    with connect('migrator', owner=True, autocommit=True) as connection:\n"
        "        connection.execute('CREATE TABLE shop.large (t text)')\n"
        "        for _ in range(2):\n"
        f"            connection.execute('INSERT INTO shop.large {ROWS.format(600_000)}')\n"
        "def test_next(connect):\n"
        "    with connect('writer', autocommit=True) as connection:\n"
        f"        connection.execute('INSERT INTO shop.seeded {ROWS.format(20_000)}')\n"
    )
    done = session(f"--leasehold-run={small.name}", "-p", "no:cacheprovider")
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    told = done.stdout.partition("leasehold: the run is full")[2]
    assert f"This filled the storage of run {small.name}'s database (384 MiB, of which 0 MiB are free now)" in told
    assert "`storage` of `Environment`, such as `{'size': 768}`" in told
    [listed] = [run for run in json.loads(leasehold("list", "--json").stdout) if run["run"] == small.name]
    assert listed["state"] == "up"
    drop_templates(small)


@pytest.mark.usefixtures("stays")
def test_a_seed_that_does_not_fit(session: Session, suite_of: Path, small: Run) -> None:
    migrate(suite_of, 600_000)
    (suite_of / "test_any.py").write_text("def test_any(connect):\n    connect('writer')\n")
    done = session(f"--leasehold-run={small.name}")
    assert "1 error" in done.stdout, done.stdout
    assert re.search(
        r"The template does not fit: it needs more than the 3\d\d MiB \(of 384\) that are free", done.stdout
    )
    assert "`storage` of `Environment`, such as `{'size': 768}`" in done.stdout
    assert not [name for name in Databases(small.issuer).names() if name.startswith("tpl_")], "none is left by half"


@pytest.mark.usefixtures("stays")
def test_a_template_of_which_no_clone_fits(session: Session, suite_of: Path, small: Run) -> None:
    migrate(suite_of, 220_000)
    (suite_of / "test_any.py").write_text("def test_any(connect):\n    connect('writer')\n")
    done = session(f"--leasehold-run={small.name}")
    assert "1 error" in done.stdout, done.stdout
    assert "No clone of tpl_" in done.stdout
    assert " fits: it takes 2" in done.stdout
    assert "the storage is full (384 MiB, of which " in done.stdout
    drop_templates(small)


def joined(connection: psycopg.Connection) -> str:
    """Join two tables in parallel, with a hash table of some 100 MB that the processes share; return the plan."""
    connection.execute(JOIN)
    plan = connection.execute(
        "EXPLAIN (ANALYZE, COSTS OFF) SELECT max(a.t), max(b.t) FROM shop.wide AS a JOIN shop.wide AS b USING (n)"
    ).fetchall()
    return "\n".join(str(line) for (line,) in plan)


def test_a_parallel_join_has_the_room_that_it_needs(live: Live, small: Run) -> None:
    """By default; with 64 MiB, as engines give, the same join fails, and it is told what to raise."""
    with own_database(live.run, WIDE) as connection:
        plan = joined(connection)
        assert "Parallel Hash Join" in plan
        assert "Workers Launched: 0" not in plan
    with own_database(small, WIDE) as connection:
        with pytest.raises(psycopg.Error) as caught:
            joined(connection)
        told = explained(small.name, caught.value)
    assert "share is too small (64 MiB)" in told
    assert "`shm_size` of `Environment`, such as `128`" in told


@contextmanager
def own_database(run: Run, rows: str) -> Iterator[psycopg.Connection]:
    """Connect to a clone of a run's with a table of rows, as who owns it."""
    databases = Databases(run.issuer)
    with databases.clone() as name:
        lease = run.issuer.lease("migrator", name)
        databases.admit(name, lease)
        try:
            with lease.connect(autocommit=True) as connection:
                connection.execute(f"CREATE TABLE shop.wide AS {rows}".encode())
                yield connection
        finally:
            run.issuer.revoke(lease)
    databases.close()


def reconnected(run: Run) -> psycopg.Connection:
    """Connect as a lease, once the server is there again."""
    while True:
        with suppress(BrokerError, psycopg.OperationalError):
            return run.issuer.lease("migrator").connect(autocommit=True)


def on_a_volume() -> None:
    """Declare an environment whose databases are on the engine's disk."""
    roles: list[RoleArgs] = [{"name": "migrator", "owns": ["shop"]}]
    for name, value in Environment("large", {"roles": roles, "storage": {"kind": "volume"}}).outputs.items():
        pulumi.export(name, value)


def with_reflinks() -> None:
    """Declare an environment whose clones share the blocks of what they are made of."""
    roles: list[RoleArgs] = [{"name": "migrator", "owns": ["shop"]}]
    storage: StorageArgs = {"kind": "volume", "reflink": True}
    for name, value in Environment("shared", {"roles": roles, "storage": storage}).outputs.items():
        pulumi.export(name, value)


def test_reflinks_are_used_where_the_engines_disk_has_them_and_refused_where_not(
    make_run: MakeRun, engine: docker.DockerClient
) -> None:
    """On either kind of disk: which of both, a container with a volume tells."""
    volume = engine.volumes.create(f"t-{secrets.token_hex(4)}", labels={"dev.leasehold.test": "reflink"})
    try:
        where: Any = {"volumes": {volume.name: {"bind": "/data", "mode": "rw"}}, "user": "0"}
        image = image_of("database")
        command = ["-c", "cd /data && echo 1 >a && cp --reflink=always a b 2>/dev/null && echo has || echo has none"]
        told = engine.containers.run(image, command, entrypoint="sh", remove=True, **where)
    finally:
        volume.remove()
    if told == b"has\n":
        run = make_run(with_reflinks)
        databases = Databases(run.issuer)
        databases.drop(databases.create())
        databases.close()
    else:
        with pytest.raises(RunError, match=r"has no reflinks: failed to clone .*They need a volume on btrfs or XFS"):
            make_run(with_reflinks)


def test_a_volume_is_the_runs_and_goes_with_it(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run(on_a_volume)
    volume = f"volume leasehold-{run.name}-storage"
    assert volume in take_inventory(run.name).others
    room = room_of(run.name)
    assert room
    assert not room.in_memory
    with run.issuer.lease("migrator").connect(autocommit=True) as connection:
        connection.execute("CREATE TABLE shop.kept AS SELECT 1 AS n")
    database = engine.containers.get(f"leasehold-{run.name}-database")
    database.restart()
    with reconnected(run) as connection:
        assert connection.execute("SELECT n FROM shop.kept").fetchone() == (1,), "a restart keeps it"
    assert run.name_lock
    assert any(volume in note for note in remove_all(run.name_lock.id)), "it goes without Pulumi, too"
    assert take_inventory(run.name).empty
