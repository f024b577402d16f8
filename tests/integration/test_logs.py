"""Logs are read to an exact position through what happens to them: files change, servers are killed and begin anew."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import docker
import psycopg
import pytest
from docker.models.containers import Container

from leasehold import Lease, Run
from leasehold.contract import DATA
from leasehold.databases.clones import Databases
from leasehold.denials.collector import Collector
from leasehold.denials.model import Kind
from leasehold.denials.sources.entries import MARK, Refusal, Source, Unanswered
from leasehold.denials.sources.final_marks import final_marks
from leasehold.denials.sources.whole_logs import ends_of_logs, whole_log

from .conftest import MakeRun
from .support import PROJECT, PROJECTS, Live, read, until

FOLDER = "/tmp/leasehold-logs"
POSTMASTER = f"$(head -n 1 {DATA}/postmaster.pid)"
LOGGER = "$(ps | grep '[p]ostgres: logger' | awk '{print $1}')"


@pytest.fixture
def collector(quiet: Live) -> Iterator[Collector]:
    with collecting(quiet.run) as made:
        yield made


@dataclass(frozen=True)
class Battered:
    """A run whose database server is killed and started by tests, each of which may find it down.

    Attributes:
        before: What its logs told whoever came to it first.
        held: A lease, with which it can be reached; the server forgets it.
    """

    run: Run
    before: tuple[list[Refusal], list[Unanswered]]
    held: Lease
    database: Container

    def start(self) -> None:
        """Have the server run, and answer."""
        self.database.start()
        while True:
            try:
                self.held.connect().close()
                return
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    return
            self.database.reload()
            assert self.database.status == "running"

    def refused(self) -> str:
        """Have a login refused that nobody has; return it."""
        login = f"nobody-{secrets.token_hex(4)}"
        with pytest.raises(psycopg.OperationalError):
            self.held.connect(user=login)
        return login


@pytest.fixture(scope="module")
def battered(engine: docker.DockerClient) -> Iterator[Battered]:
    with Run.create(f"t-{secrets.token_hex(4)}", program=PROJECT) as run:
        with collecting(run) as collector:
            collector.read(final_marks(run.name))
            before = (collector.take(), collector.unanswered)
        database = engine.containers.get(f"leasehold-{run.name}-database")
        yield Battered(run, before, run.issuer.lease("reader"), database)


@contextlib.contextmanager
def collecting(run: Run) -> Iterator[Collector]:
    """Collect from now on."""
    made = Collector(run.name, ends_of_logs(run.name))
    try:
        yield made
    finally:
        made.close()


def refused(run: Run) -> str:
    """Have a lease refused something; return its login."""
    held = run.issuer.lease("reader")
    with contextlib.suppress(psycopg.Error), held.connect(autocommit=True) as connection:
        connection.execute("SELECT rolpassword FROM pg_authid")
    return held.user


def logins(refusals: list[Refusal]) -> list[str]:
    return [refusal.login for refusal in refusals]


def test_nothing_is_lost_while_the_database_changes_its_file(
    quiet: Live, collector: Collector, engine: docker.DockerClient
) -> None:
    databases, container = Databases(quiet.issuer), quiet.container("database")
    wanted: list[str] = []
    for number in range(40):
        wanted.append(refused(quiet.run))
        databases.mark(f"{MARK}n-{number}")
        if number % 4 == 0:  # names tell seconds, so several of these go on in one file
            read(engine, container, f"touch {DATA}/logrotate; kill -USR1 {POSTMASTER}")
        if number % 10 == 9:
            collector.read([("database", f"n-{number}")])
    assert logins(collector.take()) == wanted
    assert collector.faults == []
    assert len(read(engine, container, f"ls {FOLDER}/*.json").split()) > 1
    databases.close()


def test_nothing_is_lost_while_the_broker_changes_its_file(
    quiet: Live, collector: Collector, engine: docker.DockerClient
) -> None:
    """As its container's own loop has it do, once the file is long."""
    container, marks = quiet.container("broker"), list[tuple[Source, str]]()
    for number in range(30):
        quiet.issuer.mark(f"{MARK}b-{number}")
        marks.append(("broker", f"b-{number}"))
        if number % 6 == 0:
            read(engine, container, f"mv {FOLDER}/current.json {FOLDER}/2026010{number // 6}.json; kill -HUP 1")
        if number % 10 == 9:
            collector.read(marks)
    positions = [collector.position(source, name) for source, name in marks]
    assert None not in positions
    assert positions == sorted(positions, key=lambda position: position or 0)
    assert len(set(positions)) == len(marks)
    assert collector.faults == []
    read(engine, container, f"rm {FOLDER}/2026*.json")


def test_nobody_can_write_the_servers_records(quiet: Live, collector: Collector) -> None:
    """Clients that never logged in, with names that would be lines of a log."""
    forged = '"}\n{"timestamp":"2026-11-25 15:00:00.000 UTC","user":"leasehold_template_admin_aaaaaaaaaaaaaaaa"'
    names = [
        f'x{forged},"error_severity":"LOG","message":"statement: SELECT \'leasehold-mark-forged\'"}}',
        "y\r\n\t\x1b[2J",
        "leasehold-mark-",
        "é" * 31,
        'z","error_severity":"LOG',
    ]
    held = quiet.issuer.lease("reader")
    for name in names:
        with pytest.raises(psycopg.OperationalError):
            held.connect(user=name, dbname=f"{name[:20]}\n{{}}", application_name=name)
    with held.connect(application_name=f"app{forged}", autocommit=True) as connection:
        for name in names:
            with contextlib.suppress(psycopg.Error):
                connection.execute(f"SELECT 1 /* {name}\n{forged} */".encode())
    collector.read(final_marks(quiet.run.name))
    found = collector.take()
    assert [refusal.kind for refusal in found] == [Kind.UNKNOWN_LOGIN] * (len(names) - 1)
    assert collector.position("database", "forged") is None
    assert collector.faults == []


def test_before_a_run_is_ready_nothing_is_anybodys(battered: Battered) -> None:
    """The gateway is tried until the servers behind it answer; whoever comes to the run begins after that."""
    assert battered.before == ([], [])


def test_what_a_killed_server_wrote_last_is_read(battered: Battered, engine: docker.DockerClient) -> None:
    """Also what its log's writer had not come to when the server was killed."""
    battered.start()
    with collecting(battered.run) as collector:
        read(engine, str(battered.database.name), f"kill -STOP {LOGGER}")
        login = battered.refused()
        with contextlib.suppress(docker.errors.APIError):
            battered.database.exec_run(["sh", "-c", f"logger={LOGGER}; kill -KILL {POSTMASTER}; kill -CONT $logger"])
        battered.database.wait()
        collector.read([("database", "never-written")])
        assert logins(collector.take()) == [login]
        assert collector.faults == []


def test_a_server_that_begins_anew_is_told(battered: Battered) -> None:
    battered.start()
    with collecting(battered.run) as collector:
        first = battered.refused()
        collector.read(final_marks(battered.run.name))  # it is written down, and not only said
        battered.database.kill()
        battered.start()
        second = battered.refused()
        collector.read(final_marks(battered.run.name))
        found = collector.take()
        assert logins(found)[0] == first
        assert logins(found)[-1] == second
        assert not collector.restarted("database", found[0].position)
        assert collector.restarted("database", found[-1].position)
        assert collector.faults == []


def test_a_connection_that_found_no_server_is_an_outage_and_no_refusal(battered: Battered) -> None:
    battered.start()
    with collecting(battered.run) as collector:
        battered.database.kill()
        with pytest.raises(psycopg.OperationalError):
            battered.held.connect()
        battered.run.issuer.mark(f"{MARK}later")
        collector.read([("broker", "later")])
        assert {one.service for one in collector.unanswered} == {"database"}, "\n".join(
            whole_log(battered.run.name, "gateway")
        )
        assert collector.take() == []


def test_a_login_that_has_expired(make_run: MakeRun, engine: docker.DockerClient) -> None:
    """Only while the broker is held up: in time, it takes the login away."""
    run = make_run(PROJECTS / "short_terms")
    broker = engine.containers.get(f"leasehold-{run.name}-broker")
    with collecting(run) as collector:
        held = run.issuer.lease("guest")
        broker.pause()
        try:
            until(lambda: is_refused(held.connect), pause=0.25)
            collector.read(final_marks(run.name), ["database"])
        finally:
            broker.unpause()
        [refusal] = collector.take()
    assert (refusal.kind, refusal.login, refusal.role) == (Kind.EXPIRED_LOGIN, held.user, "guest")


def is_refused(connect: Callable[[], psycopg.Connection]) -> bool:
    try:
        connect().close()
    except psycopg.OperationalError:
        return True
    return False
