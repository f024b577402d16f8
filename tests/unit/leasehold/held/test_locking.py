"""A lock goes from holder to holder, is renewed, and runs out by the observer's own clock."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from leasehold.engines.locks import ENDING, READY, TAKEN, Lock, Locks
from leasehold.engines.memory_locks import MemoryLocks
from leasehold.errors import EngineError
from leasehold.runs.held import locking
from leasehold.runs.held.locking import Observer, Renewal, holder, move
from tests import lock_rules

from .conftest import Cluster

Make = Callable[..., Lock]


def test_of_two_changes_of_one_version_one_is_made() -> None:
    lock = Lock("a", "id-of-a", "one", "ci", "r", 40, renewed=1.0)
    lock_rules.one_of_two_changes_is_made(MemoryLocks(), lock)


def test_no_run_is_taken_twice(cluster: Cluster, lock: Make) -> None:
    for number in range(3):
        lock(f"pool-{number}", state=READY)
    lock_rules.no_run_is_taken_twice(cluster.shared, "ci")


def test_a_lock_goes_with_its_run(cluster: Cluster, lock: Make) -> None:
    made = lock()
    for resource in cluster.every():
        cluster.remove(resource)
    lock_rules.what_is_gone_has_no_lock(cluster.shared, made)


def test_no_two_holders_call_themselves_the_same() -> None:
    assert holder() != holder()


def test_a_lock_that_its_holder_renewed_meanwhile_is_moved_all_the_same(cluster: Cluster, lock: Make) -> None:
    seen = lock(state=READY)
    move(cluster.shared, seen)
    moved = move(cluster.shared, seen, holder="taker", state=TAKEN)
    assert moved
    assert (moved.holder, moved.state, moved.acquired) == ("taker", TAKEN, moved.renewed)


@pytest.mark.parametrize("changed", [{"holder": "another", "state": TAKEN}, {"state": ENDING}])
def test_a_lock_that_is_anothers_by_now_is_not_moved(cluster: Cluster, lock: Make, changed: dict[str, str]) -> None:
    seen = lock(state=READY)
    there = move(cluster.shared, seen, **changed)
    assert move(cluster.shared, seen, holder="taker", state=TAKEN) is None
    assert cluster.shared.find(seen.run) == there


def test_what_is_held_is_renewed_and_what_is_dropped_or_lost_is_not(cluster: Cluster, lock: Make) -> None:
    renewal = Renewal(cluster.shared, pytest.fail)
    held, dropped, lost = (lock(f"pool-{number}", state=READY) for number in range(3))
    for one in (held, dropped, lost):
        renewal.add(one)
    assert renewal.drop(dropped.run) == dropped
    taken = move(cluster.shared, lost, holder="taker", state=TAKEN)
    renewal.renew()
    found = {one.run: one for one in cluster.shared.every()}
    assert found[held.run].version != held.version
    assert found[held.run].acquired == held.acquired
    assert found[dropped.run] == dropped
    assert found[lost.run] == taken
    assert renewal.drop(lost.run) is None


def test_a_renewal_whose_answer_was_lost_loses_nothing(cluster: Cluster, lock: Make) -> None:
    told: list[str] = []

    class Deaf:
        """Does what it is asked, and its first answer does not arrive."""

        find = staticmethod(cluster.shared.find)
        answers = False

        def replace(self, lock: Lock) -> Lock:
            done = cluster.shared.replace(lock)
            if not self.answers:
                self.answers = True
                raise EngineError("no answer in time")
            return done

    deaf: Locks = Deaf()  # type: ignore[assignment]
    renewal = Renewal(deaf, told.append)
    renewal.add(lock(state=READY))
    renewal.renew()
    assert told == ["The lock on run 'pool-a' could not be renewed: no answer in time"]
    before = cluster.shared.find("pool-a")
    renewal.renew()
    assert cluster.shared.find("pool-a") != before
    assert renewal.drop("pool-a")


def test_locks_are_renewed_while_a_block_lasts(cluster: Cluster, lock: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "RENEWED_EVERY", 0.001)
    renewal = Renewal(cluster.shared, lambda line: None)
    made = lock(state=READY)
    renewal.add(made)
    with renewal.at_work():
        versions = {made.version}
        while len(versions) < 4:
            found = cluster.shared.find(made.run)
            assert found
            versions.add(found.version)


def test_a_lock_runs_out_if_it_does_not_change_for_as_long_as_it_lasts() -> None:
    clock = [1000.0]
    observer = Observer(lambda: clock[0])
    still, renewed = (Lock(run, run, "h", "ci", "r", 40, version="1") for run in ("still", "renewed"))
    there = [still, renewed]
    assert observer.look(lambda: there) == []
    clock[0] += 40
    there[1] = replace(renewed, version="2")
    assert observer.look(lambda: there) == []
    clock[0] += 0.1
    assert observer.look(lambda: there) == [still]
    assert observer.look(list) == []
    assert observer.look(lambda: there) == []  # what was gone is seen anew


def test_the_time_that_the_engine_takes_to_answer_does_not_count() -> None:
    clock, there = [1000.0], [Lock("a", "a", "h", "ci", "r", 40, version="1")]
    observer = Observer(lambda: clock[0])

    def slowly() -> list[Lock]:
        clock[0] += 100
        return there

    assert observer.look(slowly) == []
    assert observer.look(slowly) == []  # the second reading began as the first one ended


def test_the_clock_of_a_holder_does_not_count() -> None:
    clock = [1000.0]
    observer = Observer(lambda: clock[0])
    there = [Lock("a", "a", "h", "ci", "r", 40, renewed=10_000_000_000.0, version="1")]
    observer.look(lambda: there)
    clock[0] += 41
    assert observer.look(lambda: there) == there
