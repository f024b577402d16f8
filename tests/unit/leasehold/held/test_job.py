"""The process that holds the run which a job has made for itself."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from leasehold import background
from leasehold.engines.current import use
from leasehold.engines.locks import KEPT, TAKEN, Lock
from leasehold.engines.memory import MemoryEngine
from leasehold.errors import EngineError
from leasehold.runs import name_locks
from leasehold.runs.held import job, locking
from leasehold.runs.held.dead import Reaper, sweep
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process
from leasehold.runs.teardown import tear_down

from ..conftest import stack
from ..ending_runs import GONE
from .conftest import Cluster


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "RENEWED_EVERY", 0.001)


@pytest.fixture
def name_lock(cluster: Cluster) -> NameLock:
    return name_locks.acquire(stack("mine"), "", this_process(), id=uuid4().hex)


@pytest.fixture
def holding(cluster: Cluster, name_lock: NameLock) -> Iterator[threading.Thread]:
    """Holds a run that is being made."""
    thread = threading.Thread(target=job.hold, args=[cluster.shared, name_lock, 0.001])
    thread.start()
    yield thread
    found = name_locks.find(name_lock.name)
    if found and found.id == name_lock.id:
        name_locks.release(found)
    thread.join()


def found(cluster: Cluster, holds: Callable[[Lock], bool] = lambda lock: True) -> Lock:
    """Return the lock, once it is as wanted."""
    while (lock := cluster.shared.find("mine")) is None or not holds(lock):
        pass
    return lock


def test_it_is_locked_once_there_is_something_of_it_and_renewed_until_it_is_gone(
    cluster: Cluster, name_lock: NameLock, holding: threading.Thread
) -> None:
    assert cluster.shared.find("mine") is None
    cluster.run("mine", name_lock.id)
    first = found(cluster)
    assert (first.state, first.pool, first.name_lock) == (TAKEN, "", name_lock.id)
    found(cluster, lambda lock: lock.renewed > first.renewed)
    tear_down(name_lock)
    holding.join()
    assert cluster.every() == []


def test_nobody_renews_it_once_its_process_is_gone(
    cluster: Cluster, name_lock: NameLock, holding: threading.Thread
) -> None:
    cluster.run("mine", name_lock.id)
    found(cluster)
    with name_locks.held(name_lock) as held:
        name_locks.change(held, process=GONE)
    holding.join()
    last = found(cluster)
    assert last.state == TAKEN
    assert name_locks.find("mine"), "its machine ends it in its own way"


def test_a_run_that_is_kept_has_no_holder_and_nobody_ends_it(
    cluster: Cluster, name_lock: NameLock, holding: threading.Thread
) -> None:
    cluster.run("mine", name_lock.id)
    found(cluster)
    name_locks.keep(name_lock)
    holding.join()
    lock = found(cluster)
    assert lock.state == KEPT
    cluster.shared.replace(replace(lock, duration=0))
    reaper = Reaper(cluster.shared, "me")
    assert [reaper.look(), reaper.look()] == [[], []]
    assert sweep(lambda run, why: None, lambda line: None) == []
    assert cluster.every()


def test_an_engine_that_does_not_answer_is_told_later_that_it_is_kept(
    cluster: Cluster, name_lock: NameLock, holding: threading.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.run("mine", name_lock.id)
    found(cluster)
    write, asked = cluster.shared.replace, list[str]()

    def refuse_the_first(lock: Lock) -> Lock:
        if lock.state == KEPT:
            asked.append(lock.state)
        if asked == [KEPT]:
            raise EngineError("no answer")
        return write(lock)

    monkeypatch.setattr(cluster.shared, "replace", refuse_the_first)
    with name_locks.held(name_locks.keep(name_lock)) as held:
        name_locks.change(held, process=GONE)
    holding.join()
    assert (found(cluster).state, len(asked)) == (KEPT, 2)


def test_a_process_holds_it_in_a_job_and_where_there_are_locks(
    cluster: Cluster, name_lock: NameLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = list[list[str]]()
    monkeypatch.setattr(background, "start", lambda command, *more: commands.append(command))
    for pipeline, engine in (("", cluster), ("true", MemoryEngine()), ("true", cluster)):
        assert commands == []
        monkeypatch.setenv("CI", pipeline)
        with use(engine):
            job.begin(name_lock)
    assert [command[-2:] for command in commands] == [["mine", name_lock.id]]
