"""Logs are read to an exact position through what happens to them: files change, servers are killed and begin anew."""

import contextlib
import secrets
from collections.abc import Callable, Iterator

import docker
import psycopg
import pytest

from leasehold import BrokerError, Run
from leasehold.databases import Databases
from leasehold.denials.collector import Collector, ends_of_logs
from leasehold.denials.final_marks import final_marks
from leasehold.denials.model import Kind
from leasehold.denials.refusals import MARK, Refusal, Source

from .conftest import MakeRun
from .support import PROJECTS, read

FOLDER = "/tmp/leasehold-logs"
POSTMASTER = "$(head -n 1 /var/lib/postgresql/data/postmaster.pid)"
LOGGER = "$(ps | grep '[p]ostgres: logger' | awk '{print $1}')"


@pytest.fixture(scope="module")
def shared() -> Iterator[Run]:
    with Run.create(f"t-{secrets.token_hex(4)}", program=PROJECTS.parents[2]) as run:
        yield run


@pytest.fixture
def collector(shared: Run) -> Iterator[Collector]:
    with collecting(shared) as made:
        yield made


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
    shared: Run, collector: Collector, engine: docker.DockerClient
) -> None:
    databases, container = Databases(shared.issuer), f"leasehold-{shared.name}-database"
    wanted: list[str] = []
    for number in range(40):
        wanted.append(refused(shared))
        databases.mark(f"{MARK}n-{number}")
        if number % 4 == 0:  # names tell seconds, so several of these go on in one file
            read(engine, container, f"touch /var/lib/postgresql/data/logrotate; kill -USR1 {POSTMASTER}")
        if number % 10 == 9:
            collector.read([("database", f"n-{number}")])
    assert logins(collector.take()) == wanted
    assert collector.faults == []
    assert len(read(engine, container, f"ls {FOLDER}/*.json").split()) > 1
    databases.close()


def test_nothing_is_lost_while_the_broker_changes_its_file(
    shared: Run, collector: Collector, engine: docker.DockerClient
) -> None:
    """As its container's own loop has it do, once the file is long."""
    container, marks = f"leasehold-{shared.name}-broker", list[tuple[Source, str]]()
    for number in range(30):
        shared.issuer.mark(f"{MARK}b-{number}")
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


def test_nobody_can_write_the_servers_records(shared: Run, collector: Collector) -> None:
    """Clients that never logged in, with names that would be lines of a log."""
    forged = '"}\n{"timestamp":"2026-11-25 15:00:00.000 UTC","user":"leasehold_keeper-aaaaaaaaaaaaaaaa"'
    names = [
        f'x{forged},"error_severity":"LOG","message":"statement: SELECT \'leasehold-mark-forged\'"}}',
        "y\r\n\t\x1b[2J",
        "leasehold-mark-",
        "é" * 31,
        'z","error_severity":"LOG',
    ]
    held = shared.issuer.lease("reader")
    for name in names:
        with pytest.raises(psycopg.OperationalError):
            held.connect(user=name, dbname=f"{name[:20]}\n{{}}", application_name=name)
    with held.connect(application_name=f"app{forged}", autocommit=True) as connection:
        for name in names:
            with contextlib.suppress(psycopg.Error):
                connection.execute(f"SELECT 1 /* {name}\n{forged} */".encode())
    collector.read(final_marks(shared.name))
    found = collector.take()
    assert [refusal.kind for refusal in found] == [Kind.UNKNOWN_LOGIN] * (len(names) - 1)
    assert collector.position("database", "forged") is None
    assert collector.faults == []


def test_what_a_killed_server_wrote_last_is_read(make_run: MakeRun, engine: docker.DockerClient) -> None:
    """Also what its log's writer had not come to when the server was killed."""
    run = make_run()
    with collecting(run) as collector:
        container = engine.containers.get(f"leasehold-{run.name}-database")
        read(engine, str(container.name), f"kill -STOP {LOGGER}")
        login = refused(run)
        with contextlib.suppress(docker.errors.APIError):
            container.exec_run(["sh", "-c", f"logger={LOGGER}; kill -KILL {POSTMASTER}; kill -CONT $logger"])
        container.wait()
        collector.read([("database", "never-written")])
        assert logins(collector.take()) == [login]
        assert collector.faults == []


def test_a_server_that_begins_anew_is_told(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run()
    with collecting(run) as collector:
        first, held = refused(run), run.issuer.lease("reader")
        engine.containers.get(f"leasehold-{run.name}-database").restart(timeout=10)
        gone = gone_after(held.connect)
        with pytest.raises(BrokerError):
            run.issuer.lease("reader")
        collector.read(final_marks(run.name))
        found = collector.take()
        assert logins(found)[0] == first
        assert gone in logins(found)
        assert collector.restarted("database", found[-1].position)
        assert not collector.restarted("database", found[0].position)
        assert collector.faults == []


def gone_after(connect: Callable[[], object]) -> str:
    """Try to log in until the server is there again, and refuses it; return the login."""
    while True:
        try:
            connect()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                return str(error).partition('for user "')[2].partition('"')[0]


def test_a_connection_that_found_no_server_is_an_outage_and_no_refusal(
    make_run: MakeRun, engine: docker.DockerClient
) -> None:
    run = make_run()
    with collecting(run) as collector:
        held = run.issuer.lease("reader")
        engine.containers.get(f"leasehold-{run.name}-database").kill()
        with pytest.raises(psycopg.OperationalError):
            held.connect()
        collector.read()
        assert {one.service for one in collector.unanswered} == {"database"}
        assert collector.take() == []


def test_before_a_run_is_ready_nothing_is_anybodys(make_run: MakeRun) -> None:
    """The door is tried until the servers behind it answer; whoever comes to the run begins after that."""
    run = make_run()
    with collecting(run) as collector:
        collector.read(final_marks(run.name))
        assert collector.take() == []
        assert collector.unanswered == []


def test_a_login_that_has_expired(make_run: MakeRun, engine: docker.DockerClient) -> None:
    """Only while the broker is held up: in time, it takes the login away."""
    run = make_run(PROJECTS / "short_terms", term=300)
    held = run.issuer.lease("guest")
    broker = engine.containers.get(f"leasehold-{run.name}-broker")
    with collecting(run) as collector:
        broker.pause()
        try:
            expire(held.connect)
            collector.read(final_marks(run.name), ["database"])
        finally:
            broker.unpause()
        [refusal] = collector.take()
    assert (refusal.kind, refusal.login, refusal.role) == (Kind.EXPIRED_LOGIN, held.user, "guest")


def expire(connect: Callable[[], psycopg.Connection]) -> None:
    """Log in until that is refused."""
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            connect().close()
