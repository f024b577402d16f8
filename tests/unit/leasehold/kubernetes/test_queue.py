"""The queue for a namespace's quotas, on a store that orders what is made, as the API server does."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from leasehold.contract import EXPIRES_LABEL, PART_LABEL, RUN_LABEL
from leasehold.engines.kubernetes import queue as queue_module
from leasehold.engines.kubernetes.api import Api
from leasehold.engines.kubernetes.queue import TIMEOUT, Queue, await_room, timeout
from leasehold.engines.kubernetes.tickets import Need, left_to_make
from leasehold.errors import EngineError

from .store import Store

NAMESPACE = "team-a"
NEED = Need({"pods": 3}, {"services": 3})


def _queue(store: Store, run: str, need: Need = NEED) -> Queue:
    return Queue(cast(Api, store), NAMESPACE, {RUN_LABEL: run, EXPIRES_LABEL: "1800000000"}, need)


def _none(_: str) -> None:
    pass


def test_a_run_that_fits_does_not_wait() -> None:
    place = _queue(Store(3), "one")
    place.enter()
    told: list[str] = []
    await_room(place, 0, told.append)
    assert told == []


def test_whoever_came_first_goes_first_and_room_is_kept_for_them() -> None:
    store = Store(5)
    first, second = _queue(store, "first"), _queue(store, "second")
    second_told: list[str] = []
    first.enter()
    second.enter()
    assert not first.look().short
    found = second.look()  # two Pods would fit: half of a run
    assert found.before == ("first",)
    assert [one.resource for one in found.short] == ["pods"]
    for part in ("a", "b", "c"):
        store.run_pod("first", part)
    first.leave()
    with pytest.raises(EngineError, match=r"no room for run 'second' in 0 s: quota small has 5 of pods.*TIMEOUT"):
        await_room(second, 0, second_told.append)
    store.end("first")
    assert not second.look().short


def test_a_small_run_does_not_overtake_a_large_one() -> None:
    store = Store(6)
    for part in ("a", "b", "c"):
        store.run_pod("there", part)
    large, small = _queue(store, "large", Need({"pods": 5}, {})), _queue(store, "small", Need({"pods": 1}, {}))
    large.enter()
    small.enter()
    assert large.look().short
    assert small.look().before == ("large",)
    assert small.look().short


def test_what_is_made_before_the_servers_is_kept_for_a_run_that_has_none_yet() -> None:
    need = Need({"pods": 4}, {"services": 3})

    def pod(part: str) -> dict[str, Any]:
        labels = {RUN_LABEL: "one", PART_LABEL: part}
        return {"metadata": {"labels": labels}, "spec": {"containers": []}}

    assert left_to_make("one", need, []) == {"pods": 4, "services": 3}
    assert left_to_make("one", need, [pod("term")]) == {"pods": 3, "services": 3}  # it is there first
    assert left_to_make("one", need, [pod("term"), pod("broker")]) == {"pods": 2}


def test_its_place_outlives_its_renewals() -> None:
    store = Store(5)
    first, second = _queue(store, "first"), _queue(store, "second")
    first.enter()
    second.enter()
    first._left.set()  # its thread ends; one renewal by hand
    first._left = cast(threading.Event, _Once())
    first._renew()
    assert int(store.leases["leasehold-first-room"]["metadata"]["resourceVersion"]) > 2
    assert second.look().before == ("first",)
    assert first.look().before == ()


class _Once:
    """An event that is waited for in vain once."""

    def __init__(self) -> None:
        self._waited = False

    def wait(self, _: float) -> bool:
        self._waited, before = True, self._waited
        return before


def test_a_place_that_nobody_renews_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(queue_module, "steady", lambda: now[0])
    store = Store(3)
    dead, alive = _queue(store, "dead"), _queue(store, "alive")
    dead.enter()
    dead._left.set()  # as if its process had been killed
    alive.enter()
    assert alive.look().before == ("dead",)
    now[0] = queue_module.DURATION - 1
    assert alive.look().short
    now[0] = queue_module.DURATION + 1
    # It renews its own; by hand here, for the clock is the test's.
    store.leases["leasehold-alive-room"]["spec"]["renewTime"] = "later"
    assert not alive.look().short
    assert "leasehold-dead-room" not in store.leases


def test_who_has_lost_their_place_is_told() -> None:
    store = Store(3)
    place = _queue(store, "one")
    place.enter()
    store.leases.clear()
    with pytest.raises(EngineError, match="lost its place"):
        place.look()


def test_nothing_is_begun_behind_a_run_that_no_node_has_room_for() -> None:
    store = Store(99)
    first, second = _queue(store, "first"), _queue(store, "second")
    first.enter()
    second.enter()
    for part in ("a", "b", "c"):
        store.run_pod("first", part)
    assert second.look().has_room
    store.unschedulable.add("first-b")
    assert first.look().has_room  # what came later is nothing to it
    found = second.look()
    assert not found.has_room
    assert str(found) == "no node has room for Pod first-b"
    first.leave()
    assert second.look().has_room  # it has failed, or runs


def test_two_do_not_make_a_run_of_one_name() -> None:
    store = Store(9)
    first, second = _queue(store, "one"), _queue(store, "one")
    first.enter()
    with pytest.raises(EngineError, match=r"A run 'one' of somebody else's is being made in namespace team-a"):
        second.enter()
    assert not first.look().short
    store.made.add("one")
    first.leave()
    with pytest.raises(EngineError, match="is there in namespace"):
        second.enter()
    assert store.leases == {}


def test_a_quota_of_nothing_is_an_error_at_once() -> None:
    place = _queue(Store(0), "one")
    place.enter()
    with pytest.raises(EngineError, match="There will be no room for the run, whoever ends theirs"):
        await_room(place, 3600, _none)


def test_what_is_waited_for_is_told_once_until_it_changes() -> None:
    store = Store(3)
    for part in ("a", "b", "c"):
        store.run_pod("there", part)
    place = _queue(store, "one")
    place.enter()
    told: list[str] = []
    looks = itertools.count()

    def tell(line: str) -> None:
        told.append(line)

    original: Callable[[], Any] = place.look

    def look() -> Any:
        if next(looks) == 5:
            store.end("there")
        return original()

    place.look = look  # type: ignore[method-assign]
    await_room(place, 3600, tell, pause=0)
    assert told == [
        "waiting for room, for 3600 s at most: quota small has 3 of pods, 3 of them taken, and the run takes 3"
    ]


def test_many_at_once_never_take_more_than_there_is_and_all_get_their_turn() -> None:
    store, runs = Store(7), [f"run-{number}" for number in range(12)]

    def make(run: str) -> str:
        place = _queue(store, run)
        place.enter()
        await_room(place, 3600, _none, pause=0)
        for part in ("a", "b", "c"):
            store.run_pod(run, part)
        place.leave()
        store.end(run)
        return run

    with ThreadPoolExecutor(len(runs)) as pool:
        assert list(pool.map(make, runs)) == runs
    assert 3 <= store.most <= 7
    assert store.leases == {}


def test_how_long_it_waits_is_a_whole_number_of_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert timeout() == 600
    monkeypatch.setenv(TIMEOUT, "0")
    assert timeout() == 0
    monkeypatch.setenv(TIMEOUT, "soon")
    with pytest.raises(EngineError, match="whole number of seconds"):
        timeout()
