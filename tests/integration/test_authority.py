"""The drill for a run's certificate authority: another one, while an application is at work."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import hvac
import psycopg
import pytest
import requests
from psycopg_pool import ConnectionPool

from leasehold import BrokerError, Lease, Run, RunError
from leasehold.contract import OWN_STORAGE, SIGNING_SETTING, TRUSTED_SETTING
from leasehold.leases.authority import authority_file
from leasehold.runs.authority_rotation import rotate_authority

from .support import PROJECT, exported, leasehold, pulumi, read

PAUSE = 0.1  # seconds
IN_THE_WAY = f"{OWN_STORAGE}/server.key.new"  # a folder where the key is written
SERVERS = ("database", "broker")
END_SESSIONS = (
    "for process in /proc/[0-9]*; do"
    " if grep -qa '^postgres: leasehold_admin' $process/cmdline; then kill -TERM ${process#/proc/}; fi;"
    " done"
)


@dataclass(frozen=True)
class Rotated:
    """A run after the drill, and what was trusted before."""

    run: Run
    old: Path
    held: "psycopg.Connection"
    lease: Lease
    requests: dict[str, int]
    failed: list[Exception]

    def container(self, part: str) -> str:
        return f"leasehold-{self.run.name}-{part}"


@contextmanager
def at_work(work: Mapping[str, Callable[[], object]], failed: list[Exception]) -> Iterator[dict[str, int]]:
    """Do several things again and again, each in a thread of its own; count them.

    With pauses, in which the drill gets on: without any, they take the machine, and the drill takes minutes.
    """
    stop, done = threading.Event(), dict.fromkeys(work, 0)

    def repeat(name: str) -> None:
        while not stop.wait(PAUSE):
            try:
                work[name]()
            except Exception as error:
                failed.append(error)
                return
            done[name] += 1

    threads = [threading.Thread(target=repeat, args=(name,)) for name in work]
    for thread in threads:
        thread.start()
    yield done
    stop.set()
    for thread in threads:
        thread.join()


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rotated]:
    with ExitStack() as stack:
        run = stack.enter_context(Run.create(program=PROJECT))
        old = tmp_path_factory.mktemp("old") / "authority.crt"
        old.write_text(run.outputs.tls.certificate)
        lease = run.issuer.lease("reader")
        held = stack.enter_context(lease.connect())
        pool = stack.enter_context(ConnectionPool(kwargs=lease.parameters, min_size=2, max_size=3, max_lifetime=0.5))

        def through_the_pool() -> None:
            with pool.connection() as connection:
                connection.execute("SELECT 1")

        def take_a_lease() -> None:
            taken = run.issuer.lease("writer")
            taken.connect().close()
            run.issuer.revoke(taken)

        failed: list[Exception] = []
        work = {"pool": through_the_pool, "connection": lambda: lease.connect().close(), "lease": take_a_lease}
        with at_work(work, failed) as done:
            drill = leasehold("rotate", run.name, "--ca", "--grace", "1", "--json")
        assert drill.returncode == 0, drill.stderr
        assert json.loads(drill.stdout)["ca"]
        yield Rotated(run, old, held, lease, done, failed)


@pytest.fixture(autouse=True)
def _alive(rotated: Rotated) -> None:
    """Renew the lease that all of these tests look at: they may take longer than its term, on a slow machine."""
    rotated.run.issuer.renew(rotated.lease)


def test_a_planned_rotation_costs_no_failed_request(rotated: Rotated) -> None:
    assert rotated.failed == []
    assert all(count > 3 for count in rotated.requests.values()), rotated.requests


def test_sessions_go_on(rotated: Rotated) -> None:
    assert rotated.held.execute("SELECT 1").fetchone() == (1,)


def test_who_trusts_the_old_authority_alone_is_refused(rotated: Rotated) -> None:
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        rotated.lease.connect(sslrootcert=str(rotated.old))
    stale = hvac.Client(url=rotated.run.outputs.broker.address, verify=str(rotated.old))
    with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
        stale.sys.read_health_status()


def test_the_old_authority_is_in_no_trust_store(rotated: Rotated, engine: docker.DockerClient) -> None:
    old, outputs = rotated.old.read_text(), Run.get(rotated.run.name).outputs
    trusted = outputs.tls.certificate
    assert trusted.count("BEGIN CERTIFICATE") == 1
    assert trusted != old
    assert Path(outputs.tls.file).read_text() == trusted
    for part in SERVERS:
        assert read(engine, rotated.container(part), "cat /leasehold/authority.crt") == trusted
        assert read(engine, rotated.container(part), "ls /leasehold/*.new 2>/dev/null || true") == ""


def test_who_held_the_outputs_before_does_not_bring_the_old_authority_back(rotated: Rotated) -> None:
    assert rotated.run.outputs.tls.certificate == rotated.old.read_text()
    assert Path(authority_file(rotated.run.outputs)).read_text() != rotated.old.read_text()


def test_the_broker_makes_leases_over_new_connections(rotated: Rotated, engine: docker.DockerClient) -> None:
    """Its pool was filled before the drill: it is emptied, so that it has to verify the database anew."""
    engine.containers.get(rotated.container("database")).exec_run(["sh", "-c", END_SESSIONS], user="postgres")
    for _ in range(5):
        rotated.run.issuer.lease("reader").connect().close()
    assert leasehold("rotate", rotated.run.name, "--admin").returncode == 0
    rotated.run.issuer.lease("reader").connect().close()


def test_the_broker_trusts_nobody_else(rotated: Rotated, engine: docker.DockerClient) -> None:
    """With the old authority in its trust store alone, the broker can make no lease."""
    server = rotated.container("broker")
    swap = "cd /leasehold && cp authority.crt kept.crt && printf %s '{}' >authority.crt"
    try:
        status, _ = engine.containers.get(server).exec_run(
            ["sh", "-c", swap.format(rotated.old.read_text())], user="root"
        )
        assert status == 0
        engine.containers.get(rotated.container("database")).exec_run(["sh", "-c", END_SESSIONS], user="postgres")
        with pytest.raises(BrokerError):
            rotated.run.issuer.lease("reader")
    finally:
        engine.containers.get(server).exec_run(["sh", "-c", "mv /leasehold/kept.crt /leasehold/authority.crt"])
        status, _ = engine.containers.get(server).exec_run(
            ["sh", "-c", "mv -f /leasehold/kept.crt /leasehold/authority.crt"], user="root"
        )
    rotated.run.issuer.lease("reader").connect().close()


def test_the_state_holds_every_seed_encrypted_and_nothing_is_in_plaintext(rotated: Rotated) -> None:
    shown = exported(rotated.run.name, secrets=True)["deployment"]["resources"]
    seeds = [made["outputs"]["result"] for made in shown if "::environment-certificates-seed" in made["urn"]]
    state = json.dumps(exported(rotated.run.name))
    assert len(seeds) == 2
    assert not [seed for seed in seeds if json.loads(seed["plaintext"]) in state]
    done = leasehold("scan", rotated.run.name)
    assert done.returncode == 0, done.stdout


def test_another_up_changes_nothing(rotated: Rotated) -> None:
    pulumi("preview", "--expect-no-changes", "--stack", rotated.run.name)
    pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", rotated.run.name)
    rotated.run.issuer.lease("reader").connect().close()


def test_a_drill_that_would_end_a_container_is_refused(rotated: Rotated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASEHOLD_IMAGE_DATABASE", "another/postgres:18")
    done = leasehold("rotate", rotated.run.name, "--ca", "--now")
    assert done.returncode == 1
    assert "an `up` would end environment-database-server" in done.stderr
    assert rotated.held.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.soak
def test_what_was_cut_short_is_finished(rotated: Rotated, engine: docker.DockerClient) -> None:
    """A first step that fails in the database's container, then a second one that never came."""
    run = Run.get(rotated.run.name)
    database = engine.containers.get(rotated.container("database"))
    database.exec_run(["mkdir", IN_THE_WAY])
    with pytest.raises(RunError, match="could not be changed"):
        rotate_authority(run, grace=0)
    assert {key: run.settings()[key] for key in (SIGNING_SETTING, TRUSTED_SETTING)} == {
        SIGNING_SETTING: "3",
        TRUSTED_SETTING: "2",
    }
    run.issuer.lease("reader").connect().close()
    database.exec_run(["rmdir", IN_THE_WAY])
    pulumi("up", "--yes", "--skip-preview", "--stack", run.name)
    assert Run.get(run.name).outputs.tls.certificate.count("BEGIN CERTIFICATE") == 2
    assert rotate_authority(Run.get(run.name), grace=0) == 3
    assert Run.get(run.name).outputs.tls.certificate.count("BEGIN CERTIFICATE") == 1
    run.issuer.lease("reader").connect().close()
    assert rotated.held.execute("SELECT 1").fetchone() == (1,)


def test_a_program_that_takes_no_notice(short_terms: Run) -> None:
    with pytest.raises(RunError, match="takes no notice of leasehold:authority"):
        rotate_authority(short_terms, grace=0)
