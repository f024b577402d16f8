"""A pool that jobs on different machines share: each gets another run, with no more rights than are printed."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kubernetes import client

from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.leases import LeaseLocks
from leasehold.engines.kubernetes.names import NAMESPACE, account_name
from leasehold.engines.locks import READY, TAKEN, Lock
from tests import lock_rules

from . import account
from .given import given
from .jobs import Job, keeper, locks, ready, write_project
from .support import Namespace, node, phases_of, there, until

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]

NewJob = Callable[[str], Job]


@contextmanager
def jobs_in(folder: Path, shell: dict[str, str], pool: str) -> Iterator[NewJob]:
    """Make machines for jobs, for the length of a block."""
    project, jobs = folder / "project", list[Job]()
    project.mkdir()
    write_project(project)

    def make(name: str) -> Job:
        jobs.append(Job(folder / name, project, shell, pool))
        return jobs[-1]

    try:
        yield make
    finally:
        for job in jobs:
            job.kill()


@pytest.fixture
def new_job(namespace: Namespace, tmp_path: Path) -> Iterator[NewJob]:
    """Make machines for jobs, which have the rights that we print, and no others."""
    (tmp_path / "rights").mkdir()
    pool = f"s-{secrets.token_hex(3)}"
    with account.with_printed_rights(namespace.name, tmp_path / "rights") as file:
        with jobs_in(tmp_path, {**os.environ, "CI": "true", "KUBECONFIG": str(file)}, pool) as make:
            yield make
        for lock in locks(pool):  # of a test that failed
            client.CoreV1Api().delete_namespace(f"leasehold-{lock.run}")


def is_there(run: str) -> bool:
    return there(lambda: client.CoreV1Api().read_namespace(f"leasehold-{run}"))


def test_two_jobs_get_a_run_each_that_nobody_else_gets(new_job: NewJob) -> None:
    machine, one, two = new_job("keeper"), new_job("one"), new_job("two")
    with keeper(machine, 2):
        made = ready(machine.pool)
        listed = json.loads(one.leasehold("list", "--json"))
        assert {row["run"]: row["state"] for row in listed if row["pool"] == machine.pool} == dict.fromkeys(made, READY)
        assert one.leasehold("list").count(f"of the shared pool {machine.pool!r}: ") == 2
        sessions = [(job, job.start("-n", "2", "test_it.py")) for job in (one, two)]
        assert {job.run_of(session) for job, session in sessions} == made
        until(lambda: not any(is_there(run) for run in made))
        until(lambda: len(ready(machine.pool)) == 2)
        assert ready(machine.pool).isdisjoint(made)
    for job in (machine, one, two):
        assert not list((job.state / "runs").iterdir())
        assert not [file for file in (job.place / "backend").rglob("*.json") if "/stacks/" in str(file)]


def test_a_killed_jobs_run_is_ended_and_no_others(new_job: NewJob) -> None:
    machine, killed, living = new_job("keeper"), new_job("killed"), new_job("living")
    with keeper(machine, 2):
        victim, its = killed.stuck()
        session, run = living.stuck()
        assert its != run
        before = phases_of(run)
        until(lambda: len(ready(machine.pool)) == 2)
        assert {lock.run: lock.state for lock in locks(machine.pool) if lock.state == TAKEN} == {its: TAKEN, run: TAKEN}
        killed.kill()
        victim.wait()
        until(lambda: not is_there(its))
        assert phases_of(run) == before
        assert {phase for _, phase in before.values()} == {"Running"}
        session.communicate("\n")
        assert "1 passed" in living.output.read_text()
        assert session.returncode == 0
        until(lambda: not is_there(run))
        assert len(ready(machine.pool)) == 2


def test_a_dead_keepers_runs_are_swept_by_anybody(new_job: NewJob) -> None:
    machine, sweeper = new_job("keeper"), new_job("sweeper")
    with keeper(machine, 2):
        left = ready(machine.pool)
        machine.kill()
        sweeper.leasehold("sweep")
        until(lambda: not any(is_there(one) for one in left))  # another test's sweep may have begun to end one
    machine.leasehold("sweep")
    assert not list((machine.state / "runs").iterdir())


def test_a_session_outlives_its_keeper_and_ends_what_that_left(new_job: NewJob) -> None:
    machine, living = new_job("keeper"), new_job("living")
    with keeper(machine, 2):
        session, run = living.stuck()
        until(lambda: len(ready(machine.pool)) == 2)
        left = ready(machine.pool)
        machine.kill()
        until(lambda: not any(is_there(one) for one in left))
        machine.leasehold("sweep")  # what is there of the run that a session has is left to it
        assert {phase for _, phase in phases_of(run).values()} == {"Running"}
        session.communicate("\n")
        assert "1 passed" in living.output.read_text()
        until(lambda: not is_there(run))
    machine.leasehold("sweep")
    assert not list((machine.state / "runs").iterdir())


@pytest.mark.parametrize("moment", ["in a test", "while it is made"])
def test_a_run_that_a_killed_job_made_itself_is_ended_from_elsewhere_and_no_living_ones(
    new_job: NewJob, moment: str
) -> None:
    """Nobody keeps a pool, so each makes its own."""
    killed, living, sweeper = new_job("killed"), new_job("living"), new_job("sweeper")
    session, run = living.stuck()
    if moment == "in a test":
        victim, its = killed.stuck()
    else:
        victim = killed.start("test_stuck.py")
        until(killed.runs)
        [its] = killed.runs()
        until(lambda: its in {lock.run for lock in locks("")})
    killed.kill()
    victim.wait()
    said = sweeper.leasehold("sweep")
    until(lambda: not is_there(its))  # another test's sweep may have begun to end it
    assert f"{run}: " not in said
    assert {phase for _, phase in phases_of(run).values()} == {"Running"}
    session.communicate("\n")
    assert "1 passed" in living.output.read_text()
    until(lambda: not is_there(run))


def test_jobs_share_one_in_a_namespace_that_was_given(
    image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rights").mkdir()
    with given(image) as shared:
        shell = shared.shell({**os.environ, "CI": "true"}, tmp_path / "rights", node())
        monkeypatch.setenv(NAMESPACE, shared.name)  # where this process looks for locks
        before = shared.there()
        with jobs_in(tmp_path, shell, f"s-{secrets.token_hex(3)}") as make:
            machine, one, two = make("keeper"), make("one"), make("two")
            with keeper(machine, 2):
                made = ready(machine.pool)
                sessions = [(job, job.start("test_it.py")) for job in (one, two)]
                assert {job.run_of(session) for job, session in sessions} == made
                until(lambda: not any(run in name for run in made for name in shared.there()))
        assert shared.there() == before


def test_nobody_gets_one_that_he_would_not_have_made(new_job: NewJob) -> None:
    machine, program, migrations = new_job("keeper"), new_job("program"), new_job("migrations")
    with keeper(machine, 1):
        [made] = ready(machine.pool)
        roles = program.folder / "roles.py"
        roles.write_text(roles.read_text() + "ROLES = [*ROLES, {**ROLES[1], 'name': 'more'}]\n")
        got = program.run_of(program.start("test_it.py"))
        said = program.output.read_text()
        assert got.startswith("pytest-")
        assert "No run of the pool was taken: the program, or a file that it reads, has changed." in said
        assert "No test took a lease of more." in said
        assert ready(machine.pool) == {made}
        (migrations.folder / "migrations" / "9999_more.sql").write_text("ALTER TABLE orders ADD COLUMN more int;")
        (migrations.folder / "test_more.py").write_text(
            "def test_more(connect):\n    connect('reader').execute('SELECT more FROM orders')\n"
        )
        assert migrations.run_of(migrations.start("test_more.py")) == made


@pytest.fixture
def runs_of_a_pool(image: str) -> Iterator[list[Lock]]:
    """Namespaces as of runs, with nothing in them, and the locks that they could have."""
    made = []
    core = client.CoreV1Api()
    for _ in range(3):
        run, key = f"s-{secrets.token_hex(3)}", secrets.token_hex(16)
        labels = {"dev.leasehold.run": run, "dev.leasehold.owner": "tests", "dev.leasehold.claim": key}
        core.create_namespace({"metadata": {"name": f"leasehold-{run}", "labels": labels}})
        core.create_namespaced_service_account(
            f"leasehold-{run}", {"metadata": {"name": account_name(run), "labels": labels}}
        )
        made.append(Lock(run, key, "keeper", f"pool-of-{os.getpid()}", "r", 40, acquired=1.5, renewed=2.25))
    yield made
    for lock in made:
        if is_there(lock.run):
            core.delete_namespace(f"leasehold-{lock.run}")
        until(lambda gone=lock.run: not is_there(gone))  # type: ignore[misc]


def test_the_clusters_locks_keep_the_rules(runs_of_a_pool: list[Lock]) -> None:
    locks = LeaseLocks(connect())
    first, *others = runs_of_a_pool
    lock_rules.one_of_two_changes_is_made(locks, first)
    for lock in others:
        locks.create(Lock(**{**vars(lock), "state": READY, "pool": f"{lock.pool}-many"}))
    lock_rules.no_run_is_taken_twice(locks, f"{first.pool}-many")
    made = locks.find(first.run)
    assert made
    client.CoreV1Api().delete_namespace(f"leasehold-{first.run}")
    until(lambda: not is_there(first.run))
    lock_rules.what_is_gone_has_no_lock(locks, made)
