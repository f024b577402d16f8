"""How much is asked of a cluster's API: no more for a thousand runs than for one, and no look after look."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from leasehold.contract import RUN_LABEL
from leasehold.engines.kubernetes import resources
from leasehold.engines.kubernetes.api import Api, NotThereError, Object
from leasehold.engines.kubernetes.names import NAMESPACE
from leasehold.engines.kubernetes.pods import await_running
from leasehold.engines.kubernetes.resources import labelled
from leasehold.engines.resources import Resource
from leasehold.errors import EngineError

POD = ("leasehold-a", "leasehold-a-broker")


class Scripted:
    """Answers from lists, and from changes that come; keeps what it was asked."""

    def __init__(self, answers: dict[str, Any], *changes: list[Object]) -> None:
        self.answers, self.changes = answers, list(changes)
        self.asked: list[str] = []

    def get(self, path: str, **_: Any) -> Object:
        self.asked.append(path)
        if path not in self.answers:
            raise NotThereError(path)
        return cast(Object, self.answers[path])

    def listed(self, path: str, **_: Any) -> list[Object]:
        self.asked.append(path)
        return cast(list[Object], self.answers[path])

    def find(self, path: str) -> Object | None:
        return self.answers.get(path)

    def delete(self, path: str, *_: Any, wait_for_owned: bool = False) -> bool:
        return path in self.answers

    def watch(self, path: str, seconds: int, **_: Any) -> Iterator[Object]:
        self.asked.append(f"watch {path}")
        yield from self.changes.pop(0) if self.changes else []


def _named(name: str, namespace: str = "") -> Object:
    metadata = {"name": name, "uid": f"uid of {name}", "labels": {RUN_LABEL: "a"}, "annotations": {}}
    return {"metadata": {**metadata, **({"namespace": namespace} if namespace else {})}, "status": {}}


def _pod(version: str, **state: Any) -> Object:
    statuses = [{"name": "server", "state": state}]
    return {"metadata": {"name": POD[1], "resourceVersion": version}, "status": {"containerStatuses": statuses}}


def _unschedulable(version: str, why: str) -> Object:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
    return {"metadata": {"name": POD[1], "resourceVersion": version}, "status": {"conditions": [condition]}}


def test_runs_are_listed_by_two_requests_however_many_there_are() -> None:
    namespaces = [_named(f"leasehold-{number}") for number in range(100)]
    found = [_named(f"leasehold-{number}-broker", f"leasehold-{number}") for number in range(100)]
    api = Scripted({"/api/v1/namespaces": namespaces, "/api/v1/pods": [*found, _named("like-ours", "somebody-elses")]})
    got = labelled(cast(Api, api), RUN_LABEL)
    assert len(api.asked) == 2
    assert [one.name for one in got if one.is_server] == [f"leasehold-{number}-broker" for number in range(100)]
    assert len(got) == 200


def test_in_a_given_namespace_each_kind_is_listed_there_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, "team-a")
    found = {path.format("team-a"): [_named(f"leasehold-a-{kind}", "team-a")] for kind, path in resources.PATHS.items()}
    api = Scripted(found)
    got = labelled(cast(Api, api), RUN_LABEL)
    assert api.asked == list(found)
    assert {(one.kind, one.name) for one in got} == {(kind, f"leasehold-a-{kind}") for kind in resources.PATHS}
    assert [one.kind for one in got if one.is_server] == [resources.POD]


@pytest.mark.parametrize("kind", resources.PATHS)
def test_in_a_given_namespace_each_kind_is_removed_there(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, "team-a")
    deleted: list[tuple[str, str, bool]] = []

    class Deletes(Scripted):
        def delete(self, path: str, *more: Any, wait_for_owned: bool = False) -> bool:
            deleted.append((path, str(more[0]), wait_for_owned))
            return True

    resources.remove(cast(Api, Deletes({})), Resource(kind, "its uid", "leasehold-a-b"))
    assert deleted == [(f"{resources.PATHS[kind].format('team-a')}/leasehold-a-b", "its uid", kind == "job")]


def test_a_pod_that_will_run_is_watched() -> None:
    path = f"/api/v1/namespaces/{POD[0]}/pods/{POD[1]}"
    waiting, runs = _pod("1", waiting={"reason": "ContainerCreating"}), _pod("3", running={})
    changes = [{"type": "MODIFIED", "object": waiting}, {"type": "MODIFIED", "object": runs}]
    api = Scripted({path: waiting}, changes)
    assert await_running(cast(Api, api), POD, 60) == runs
    assert api.asked == [path, f"watch {path.rpartition('/')[0]}"]


def test_a_pod_that_no_node_has_room_for_is_told_of_once() -> None:
    path = f"/api/v1/namespaces/{POD[0]}/pods/{POD[1]}"
    waiting, runs = _unschedulable("1", "Insufficient cpu"), _pod("5", running={})
    seen = [_unschedulable("2", "Insufficient cpu"), _unschedulable("3", "a taint"), _pod("4"), runs]
    api, told = Scripted({path: waiting}, [{"type": "MODIFIED", "object": one} for one in seen]), list[str]()
    assert await_running(cast(Api, api), POD, 60, on_no_node=told.append) == runs
    assert told == ["Unschedulable: Insufficient cpu", "Unschedulable: a taint"]


def test_a_watch_that_ends_is_begun_again() -> None:
    path = f"/api/v1/namespaces/{POD[0]}/pods/{POD[1]}"
    waiting, runs = _pod("1", waiting={"reason": "ContainerCreating"}), _pod("3", running={})
    gone = {"type": "ERROR", "object": {"code": 410}}
    api = Scripted({path: waiting}, [gone], [], [{"type": "MODIFIED", "object": runs}])
    assert await_running(cast(Api, api), POD, 60) == runs


def test_a_pod_that_cannot_run_is_told_at_once_and_one_that_is_gone_too() -> None:
    path = f"/api/v1/namespaces/{POD[0]}/pods/{POD[1]}"
    hopeless = _pod("2", waiting={"reason": "ErrImagePull"})
    waiting = _pod("1", waiting={"reason": "ContainerCreating"})
    with pytest.raises(EngineError, match="ErrImagePull"):
        await_running(cast(Api, Scripted({path: waiting}, [{"type": "MODIFIED", "object": hopeless}])), POD, 60)
    with pytest.raises(EngineError, match="does not run"):
        await_running(cast(Api, Scripted({path: waiting})), POD, 0)
    with pytest.raises(NotThereError):
        await_running(cast(Api, Scripted({})), POD, 60)


def test_a_namespace_that_stays_says_all_that_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "LIMIT", 0.0)
    conditions = [
        {"status": "False", "message": "All is well"},
        {"status": "True", "message": "configmaps. has 1 resource instances"},
        {"status": "True", "message": "finalizers remaining: example.org/nobody"},
    ]
    stays = {"metadata": {"uid": "0"}, "status": {"conditions": conditions}}
    api = Scripted({"/api/v1/namespaces/leasehold-a": stays})
    with pytest.raises(EngineError, match=r"says: configmaps\. .*; finalizers remaining: example"):
        resources.remove(cast(Api, api), Resource(resources.NAMESPACE, "0", "leasehold-a"))
