"""A run whose holder is dead is ended by whoever sees it: once, and no living one's."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from leasehold.engines.locks import ENDING, READY, TAKEN, Lock
from leasehold.errors import EngineError
from leasehold.runs import name_locks
from leasehold.runs.ended import inventory_under, why_abandoned
from leasehold.runs.held import dead
from leasehold.runs.held.dead import Reaper, reason, seize
from leasehold.runs.held.locking import move
from leasehold.runs.processes import this_process
from leasehold.runs.sweep import candidates

from ..conftest import stack
from .conftest import Cluster

Make = Callable[..., Lock]


@pytest.mark.parametrize("state", ["", READY, TAKEN, ENDING])
def test_what_has_run_out_is_ended_in_whatever_state(cluster: Cluster, lock: Make, state: str) -> None:
    silent = lock("silent", duration=0, state=state)
    lock("alive", state=state)
    reaper = Reaper(cluster.shared, "me")
    assert reaper.look() == []
    [swept] = reaper.look()
    assert (swept.run, swept.reason, swept.error) == ("silent", reason(silent), "")
    assert {one.run for one in cluster.every()} == {"alive"}
    assert reaper.look() == []


def test_one_that_is_renewed_at_that_moment_is_left(cluster: Cluster, lock: Make) -> None:
    seen = lock(state=TAKEN)
    move(cluster.shared, seen)
    assert not seize(cluster.shared, seen, "me")


def test_of_two_who_see_it_one_ends_it(cluster: Cluster, lock: Make) -> None:
    seen = lock(state=TAKEN)
    assert [seize(cluster.shared, seen, by) for by in ("one", "two")] == [True, False]


def test_one_that_could_not_be_ended_is_told_and_tried_again(
    cluster: Cluster, lock: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(duration=0)
    reaper = Reaper(cluster.shared, "me")

    def refuse(of: Lock) -> list[str]:
        raise EngineError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(dead, "remove", refuse)
        reaper.look()
        assert [one.error for one in reaper.look()] == ["refused"]
    reaper.look()
    assert [one.error for one in reaper.look()] == [""]
    assert cluster.every() == []


def test_on_the_machine_that_made_it_all_of_it_goes(cluster: Cluster, lock: Make) -> None:
    made = name_locks.acquire(stack("pool-a"), engine=cluster.id, engine_at=cluster.where())
    name_locks.change(made, kept=True, shared="ci")
    cluster.run("pool-a", made.id)
    cluster.shared.create(Lock("pool-a", made.id, "keeper", "ci", "r", 0))
    assert [one.error for one in dead.sweep(lambda run, why: None, lambda line: None)] == [""]
    assert (cluster.every(), list(name_locks.every())) == ([], [])


def test_a_sweep_ends_the_dead_and_returns_once_the_living_have_renewed(
    cluster: Cluster, lock: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [lock("alive", state=TAKEN)]
    lock("dead", duration=0, state=TAKEN)
    waits: list[str] = []

    def renew(_: float) -> None:
        if len(waits) < 3:
            waits.append("")
        else:
            seen.append(cluster.shared.replace(replace(seen[-1], renewed=seen[-1].renewed + 1)))

    monkeypatch.setattr("leasehold.runs.held.dead.time.sleep", renew)
    assert [one.run for one in dead.sweep(lambda run, why: None, waits.append)] == ["dead"]
    assert waits[0] == "Waiting until the holders of 2 runs renew their locks, at most 40 s ..."
    assert cluster.shared.find("alive") == seen[-1] != seen[0]
    assert {one.run for one in cluster.every()} == {"alive"}


def test_there_is_nothing_to_sweep_where_there_are_no_locks(cluster: Cluster) -> None:
    cluster.locks = None
    assert dead.sweep(lambda run, why: None, lambda line: None) == []


def test_a_dead_keepers_machine_does_not_end_what_a_session_elsewhere_has(cluster: Cluster, tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    keeper = replace(this_process(), pid=child.pid)
    made = name_locks.acquire(stack("pool-a"), owner=keeper, engine=cluster.id, engine_at=cluster.where())
    cluster.run("pool-a", made.id)
    assert "pool-a" in candidates()
    shared = name_locks.change(made, kept=True, shared="ci")
    assert candidates() == {}
    for resource in cluster.every():
        cluster.remove(resource)
    assert list(candidates()) == ["pool-a"]
    assert "whoever had it from pool 'ci' has ended it" in why_abandoned(shared, inventory_under(shared))
