"""What a keeper does with runs that it shares: each line at which something fails leaves a run that somebody ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from leasehold.engines.locks import ENDING, READY, TAKEN
from leasehold.errors import EngineError, RunError, RunNotFoundError
from leasehold.pool.protocol import Warm
from leasehold.pool.runs import MadeRuns
from leasehold.pool.shared import offer as offers
from leasehold.pool.shared.runs import SOMEBODY, SharedRuns
from leasehold.runs import name_locks
from leasehold.runs.held.locking import move
from leasehold.runs.name_lock import NameLock

from ..conftest import stack
from .conftest import Cluster


class Made(MadeRuns):
    """Makes runs in memory, each with a name lock, as the command would."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__([], {"key": "r"}, Path("/dev/null"))
        self._cluster = cluster

    def make(self) -> Warm:
        lock = name_locks.acquire(stack("pool-a"), engine=self._cluster.id, engine_at=self._cluster.where())
        return self._cluster.run("pool-a", lock.id)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def runs(cluster: Cluster, tmp_path: Path, told: list[str]) -> SharedRuns:
    return SharedRuns(Made(cluster), cluster.shared, told.append, pool="ci", recipe="r", checkout=tmp_path)


def name_lock() -> NameLock:
    found = name_locks.find("pool-a")
    assert found
    return found


def test_a_run_is_locked_before_it_is_offered_and_ready_last(runs: SharedRuns, cluster: Cluster) -> None:
    run = runs.make()
    lock = cluster.shared.find(run.name)
    assert lock
    assert (lock.state, lock.pool, lock.recipe, lock.name_lock) == ("", "ci", "r", run.name_lock)
    assert (name_lock().kept, name_lock().shared, name_lock().abandoned) == (True, "ci", False)
    assert offers.read(run.name)
    runs.mark_ready(run)
    ready = cluster.shared.find(run.name)
    assert ready
    assert (ready.state, ready.holder) == (READY, lock.holder)
    assert (runs.taker(run), runs.over(run), runs.unfit(run)) == ("", False, "")


def test_it_is_renewed_until_it_is_taken(runs: SharedRuns, cluster: Cluster) -> None:
    run = runs.make()
    runs.mark_ready(run)
    before = cluster.shared.find(run.name)
    assert before
    runs.renewal.renew()
    renewed = cluster.shared.find(run.name)
    assert renewed
    assert renewed.version != before.version
    taken = move(cluster.shared, renewed, holder="session", state=TAKEN)
    runs.renewal.renew()
    assert cluster.shared.find(run.name) == taken
    assert runs.taker(run) == "session"


@pytest.mark.parametrize("fails", ["create", "put"])
def test_what_cannot_be_locked_or_offered_is_destroyed(
    runs: SharedRuns, cluster: Cluster, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise EngineError("refused")

    if fails == "create":
        monkeypatch.setattr(cluster.locks, "create", fail)
    else:
        monkeypatch.setattr(offers, "put", fail)
    with pytest.raises(EngineError, match="refused"):
        runs.make()
    assert (cluster.every(), list(name_locks.every())) == ([], [])


def test_one_that_somebody_ended_while_it_was_made_is_not_ready(runs: SharedRuns, cluster: Cluster) -> None:
    run = runs.make()
    lock = cluster.shared.find(run.name)
    assert lock
    move(cluster.shared, lock, holder="sweeper", state=ENDING)
    with pytest.raises(RunNotFoundError, match="was not renewed in time"):
        runs.mark_ready(run)


def test_what_nobody_has_taken_is_destroyed(runs: SharedRuns, cluster: Cluster) -> None:
    run = runs.make()
    runs.mark_ready(run)
    runs.discard(run)
    assert (cluster.every(), list(name_locks.every())) == ([], [])
    runs.discard(run)


def test_what_somebody_has_just_taken_is_not(runs: SharedRuns, cluster: Cluster, told: list[str]) -> None:
    run = runs.make()
    runs.mark_ready(run)
    lock = cluster.shared.find(run.name)
    assert lock
    move(cluster.shared, lock, holder="session", state=TAKEN)
    before = cluster.every()
    runs.discard(run)
    assert cluster.every() == before
    assert told == ["Run 'pool-a' stays: it was taken at that moment."]


def test_what_its_taker_has_ended_is_forgotten_here(runs: SharedRuns, cluster: Cluster) -> None:
    run = runs.make()
    runs.mark_ready(run)
    runs.tidy()
    assert name_lock().shared
    for resource in cluster.every():
        cluster.remove(resource)
    assert (runs.over(run), runs.taker(run)) == (True, SOMEBODY)
    runs.tidy()
    assert list(name_locks.every()) == []


def test_a_cluster_that_does_not_answer_makes_no_run_unfit(
    runs: SharedRuns, cluster: Cluster, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.make()
    runs.mark_ready(run)

    def fail(*_: object) -> None:
        raise EngineError("no answer in time")

    for method in ("find", "every", "replace"):
        monkeypatch.setattr(cluster.locks, method, fail)
    monkeypatch.setattr(cluster, "resources", fail)
    with pytest.raises(EngineError, match="no answer in time"):
        runs.unfit(run)
    assert (runs.taker(run), runs.over(run)) == ("", False)
    runs.tidy()
    assert told == ["no answer in time"]


def test_a_session_of_this_machine_is_offered_none(runs: SharedRuns) -> None:
    run = runs.make()
    asker: Callable[..., str] = runs.other
    assert asker(run, None) == "it is of the shared pool 'ci'"


def test_what_cannot_be_made_is_told(runs: SharedRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Warm:
        raise RunError("no room")

    monkeypatch.setattr(runs._made, "make", fail)
    with pytest.raises(RunError, match="no room"):
        runs.make()
