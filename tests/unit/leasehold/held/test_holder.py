"""The process that holds a run for a session: it tells the others, and ends the run if the session is gone."""

import subprocess
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from leasehold import Run, RunNotFoundError
from leasehold.engines.locks import TAKEN, Lock
from leasehold.outputs import Outputs
from leasehold.pool.shared import holder
from leasehold.pool.shared.holder import Holder, desk_of
from leasehold.pool.shared.taking import Taken
from leasehold.runs import name_locks
from leasehold.runs.at_desk import OUTPUTS
from leasehold.runs.held import locking
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import Process, process_of, this_process
from leasehold.runs.teardown import tear_down

from ..conftest import stack
from .conftest import TERM, Cluster

SESSION = "5e5510"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "LOOKS_EVERY", 0.001)
    for module in (holder, locking):
        monkeypatch.setattr(module, "RENEWED_EVERY", 0.001)


class Held:
    """A holder at work in a thread, of a run that it has just taken."""

    def __init__(self, cluster: Cluster, owner: Process, name_lock: str = "") -> None:
        run = cluster.run("pool-a", name_lock)
        lock = cluster.shared.create(Lock("pool-a", run.name_lock, "me", "ci", "r", 40, TAKEN))
        self.told: list[Mapping[str, Any]] = []
        self.said = threading.Event()
        of = {"session": SESSION, "program": "program:declare", "owner": asdict(owner)}
        taken = Taken(lock, Outputs.model_validate(run.outputs), run.made + TERM)
        holding = Holder(of, cluster.shared, "me", taken)
        self.thread = threading.Thread(target=holding.hold, args=[self._say])
        self.thread.start()
        self.said.wait()

    def _say(self, answer: Mapping[str, Any]) -> None:
        self.told.append(answer)
        self.said.set()


def the_name_lock() -> NameLock:
    found = name_locks.of_session(SESSION)
    assert found
    return found


def test_the_run_is_the_sessions_here_until_it_ends_it(cluster: Cluster) -> None:
    held = Held(cluster, this_process())
    assert held.told[0]["name"] == "pool-a"
    assert held.told[0][OUTPUTS]["orchestrator"]["secret_id"] == "hush-hush"
    name_lock = the_name_lock()
    assert (name_lock.process, name_lock.shared, name_lock.kept) == (this_process(), "ci", False)
    versions = set[str]()
    while len(versions) < 3:
        found = cluster.shared.find("pool-a")
        assert found
        versions.add(found.version)
    tear_down(name_lock)
    held.thread.join()
    assert (cluster.every(), list(name_locks.every())) == ([], [])
    assert list(desk_of(SESSION).parent.iterdir()) == []


def test_others_on_this_machine_find_the_run_by_its_name(cluster: Cluster) -> None:
    held = Held(cluster, this_process())
    run = Run.get("pool-a")
    assert run.outputs.orchestrator.secret_id.get_secret_value() == "hush-hush"
    assert run.name_lock == the_name_lock()
    run.destroy()
    held.thread.join()


def test_a_run_whose_holder_is_gone_has_no_login_any_more(cluster: Cluster) -> None:
    name_locks.acquire(
        stack("pool-a"), engine=cluster.id, engine_at=cluster.where(), shared="ci", desk=str(desk_of("gone"))
    )
    with pytest.raises(RunNotFoundError, match=r"taken from pool 'ci'.*is gone.*`leasehold down pool-a`"):
        Run.get("pool-a")


def test_a_session_that_is_gone_has_its_run_ended(cluster: Cluster) -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    held = Held(cluster, process_of(child.pid))
    assert cluster.every()
    child.kill()
    child.communicate()
    held.thread.join()
    assert (cluster.every(), list(name_locks.every())) == ([], [])


def test_a_keeper_on_the_same_machine_leaves_its_name_lock_to_the_session(cluster: Cluster) -> None:
    made = name_locks.acquire(stack("pool-a"), engine=cluster.id, engine_at=cluster.where())
    name_locks.change(made, kept=True, shared="ci")
    held = Held(cluster, this_process(), made.id)
    assert (the_name_lock().id, the_name_lock().kept, the_name_lock().desk) == (made.id, False, str(desk_of(SESSION)))
    tear_down(the_name_lock())
    held.thread.join()


def test_runs_of_the_dead_are_ended_beside(cluster: Cluster) -> None:
    cluster.shared.create(Lock("pool-dead", cluster.run("pool-dead").name_lock, "dead", "ci", "r", 0, TAKEN))
    held = Held(cluster, this_process())
    while any(one.run == "pool-dead" for one in cluster.every()):
        pass
    assert {one.run for one in cluster.every()} == {"pool-a"}
    tear_down(the_name_lock())
    held.thread.join()


def test_who_starts_one_is_told_why_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASEHOLD_ENGINE", "none-such")
    told = {"session": SESSION, "pool": "ci", "key": "r", "checkout": str(tmp_path), "program": "p:f"}
    assert "There is no engine 'none-such'" in holder.start({**told, "owner": asdict(this_process())})["none"]
    assert list(desk_of(SESSION).parent.iterdir()) == []
