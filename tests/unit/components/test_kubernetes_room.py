"""Room for a run: added up while it is declared, and taken before anything of it is made."""

from typing import Any

import pytest

from components.declared.run import Run
from components.engines.kubernetes import room as room_module
from components.engines.kubernetes.room import Room, objects_of, room_for, room_of
from components.engines.kubernetes.services import service_spec
from leasehold.contract import SERVERS
from leasehold.engines.kubernetes.names import NAMESPACE
from leasehold.engines.kubernetes.queue import TIMEOUT
from leasehold.engines.kubernetes.reach import Access
from leasehold.errors import EngineError
from tests.unit.leasehold.kubernetes.store import Store

RUN = Run("demo", "somebody@here", 1_800_000_000, 3600, "0f3a")
POD = {"containers": [{"resources": {"requests": {"cpu": "20m"}, "limits": {"memory": "1Gi"}}}]}
OBJECTS = objects_of([service_spec("demo", part, Access.NODE_PORT) for part in SERVERS], 3)


def _room() -> Room:
    room = Room(RUN, OBJECTS)
    for part in SERVERS:
        room.add(part, POD)
    return room


def test_what_is_made_before_the_pods_is_counted_too() -> None:
    assert OBJECTS == {
        "services": 3,
        "count/services": 3,
        "services.nodeports": 2,
        "services.loadbalancers": 0,
        "count/networkpolicies.networking.k8s.io": 3,
        "count/serviceaccounts": 1,
        "count/jobs.batch": 1,
    }


def test_servers_find_their_runs_room() -> None:
    assert room_of(Run("nobodys", "somebody@here", 0, 1)) is not room_for(RUN, OBJECTS)
    assert room_of(RUN) is room_of(RUN)


def test_in_a_namespace_of_its_own_a_quota_that_is_too_small_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_module, "connect", lambda: Store(2))
    with pytest.raises(EngineError, match="There will be no room for the run, whoever ends theirs: quota small has 2"):
        _room().take(_none)
    monkeypatch.setattr(room_module, "connect", lambda: Store(3))
    _room().take(_none)


def test_in_a_given_namespace_it_stands_in_the_queue_until_all_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, "team-a")
    store = Store(3)
    monkeypatch.setattr(room_module, "connect", lambda: store)
    room = _room()
    room.take(_none)
    for part in SERVERS:
        assert list(store.leases) == ["leasehold-demo-room"]
        assert room.may_wait()
        store.run_pod("demo", part)
        room.runs(part)
    assert store.leases == {}


def test_whoever_finds_no_room_in_time_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, "team-a")
    monkeypatch.setenv(TIMEOUT, "0")
    store = Store(3)
    store.run_pod("other", "a")
    monkeypatch.setattr(room_module, "connect", lambda: store)
    with pytest.raises(EngineError, match="There was no room for run 'demo' in 0 s"):
        _room().take(_none)
    assert store.leases == {}


def _none(_: Any) -> None:
    pass
