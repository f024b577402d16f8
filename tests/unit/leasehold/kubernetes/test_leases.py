"""Locks on runs as Lease objects: what is asked of the API, and what it answers."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from leasehold.contract import EXPIRES_LABEL, NAME_LOCK_LABEL, RUN_LABEL
from leasehold.engines.kubernetes.api import MERGE, Api, ConflictError, NotThereError, Object
from leasehold.engines.kubernetes.leases import LeaseLocks
from leasehold.engines.kubernetes.names import account_name
from leasehold.engines.kubernetes.rights import IN_A_NAMESPACE, MAKING_ONE, resource_and_verb
from leasehold.engines.locks import READY, Lock
from tests import lock_rules

PATH = "/apis/coordination.k8s.io/v1/namespaces/leasehold-{0}/leases/leasehold-{0}-holder"

OWNER = {"apiVersion": "batch/v1", "kind": "Job", "name": "leasehold-a-term", "uid": "1"}
"""The Job that ends a run."""


class Server:
    """What Leases need of an API server: names are taken once, and a patch names the version that it changes."""

    def __init__(self, *runs: str) -> None:
        self.objects: dict[str, Object] = {}
        self.asked: set[tuple[str, str]] = set()
        self.versions = 0
        for run in runs:
            labels = {RUN_LABEL: run, EXPIRES_LABEL: "123"}
            self.objects[f"/api/v1/namespaces/leasehold-{run}/serviceaccounts/{account_name(run)}"] = {
                "metadata": {"labels": labels, "ownerReferences": [OWNER]}
            }

    def get(self, path: str, **_: Any) -> Object:
        self.asked.add(resource_and_verb("GET", path))
        if path not in self.objects:
            raise NotThereError(path)
        return cast(Object, json.loads(json.dumps(self.objects[path])))

    def find(self, path: str) -> Object | None:
        try:
            return self.get(path)
        except NotThereError:
            return None

    def listed(self, path: str, labelSelector: str) -> list[Object]:
        self.asked.add(resource_and_verb("GET", path))
        key, _, value = labelSelector.partition("=")
        leases = [one for where, one in self.objects.items() if "/leases/" in where]
        return [one for one in leases if value in ("", one["metadata"]["labels"][key])]

    def create(self, path: str, body: Mapping[str, Any]) -> Object:
        self.asked.add(resource_and_verb("POST", path))
        where = f"{path}/{body['metadata']['name']}"
        if where in self.objects:
            raise ConflictError(where)
        return self._written(where, json.loads(json.dumps(body)))

    def patch(self, path: str, body: Mapping[str, Any], content_type: str = MERGE) -> Object:
        self.asked.add(resource_and_verb("PATCH", path))
        assert content_type == "application/merge-patch+json"
        if path not in self.objects:
            raise NotThereError(path)
        there = self.objects[path]
        if there["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            raise ConflictError(path)
        there["metadata"]["labels"].update(body["metadata"]["labels"])
        there["spec"].update(body["spec"])
        return self._written(path, there)

    def _written(self, path: str, body: Object) -> Object:
        self.versions += 1
        body["metadata"]["resourceVersion"] = str(self.versions)
        self.objects[path] = body
        return cast(Object, json.loads(json.dumps(body)))


def lock(run: str = "a", **fields: Any) -> Lock:
    told = {"duration": 40, "acquired": 1_700_000_000.25, "renewed": 1_700_000_001.5, **fields}
    return Lock(run, f"id-of-{run}", "runner-1_x", "ci", "5a1e", **told)


def test_one_of_two_changes_is_made() -> None:
    lock_rules.one_of_two_changes_is_made(LeaseLocks(cast(Api, Server("a"))), lock())


def test_no_run_is_taken_twice() -> None:
    locks = LeaseLocks(cast(Api, Server("a", "b", "c")))
    for run in "abc":
        locks.create(lock(run, state=READY))
    lock_rules.no_run_is_taken_twice(locks, "ci")


def test_a_lock_goes_with_its_run() -> None:
    server = Server("a")
    locks = LeaseLocks(cast(Api, server))
    made = locks.create(lock())
    server.objects.clear()
    lock_rules.what_is_gone_has_no_lock(locks, made)


def test_a_lease_is_as_leader_election_has_it_and_carries_our_labels() -> None:
    server = Server("a")
    LeaseLocks(cast(Api, server)).create(lock(state=READY))
    made = server.objects[PATH.format("a")]
    assert made["spec"] == {
        "holderIdentity": "runner-1_x",
        "leaseDurationSeconds": 40,
        "acquireTime": "2023-11-14T22:13:20.250000Z",
        "renewTime": "2023-11-14T22:13:21.500000Z",
    }
    assert made["metadata"]["labels"] == {
        RUN_LABEL: "a",
        EXPIRES_LABEL: "123",
        NAME_LOCK_LABEL: "id-of-a",
        "dev.leasehold.pool": "ci",
        "dev.leasehold.recipe": "5a1e",
        "dev.leasehold.state": "ready",
        "dev.leasehold.part": "holder",
    }
    assert made["metadata"]["ownerReferences"] == [OWNER], "the cluster removes it with the run's term"


def test_no_more_is_asked_for_than_the_printed_rights_allow() -> None:
    server = Server("a")
    locks = LeaseLocks(cast(Api, server))
    lock_rules.one_of_two_changes_is_made(locks, lock())
    allowed = {(one.resource, verb) for one in (*MAKING_ONE, *IN_A_NAMESPACE) for verb in one.verbs}
    assert server.asked <= allowed
    assert {verb for resource, verb in allowed if resource == "leases"} == {
        verb for resource, verb in server.asked if resource == "leases"
    }


@pytest.mark.parametrize("state", ["", READY])
def test_a_lock_is_read_as_it_was_written(state: str) -> None:
    locks = LeaseLocks(cast(Api, Server("a")))
    made = locks.create(lock(state=state))
    assert locks.find("a") == made
    assert (made.state, made.acquired, made.renewed) == (state, 1_700_000_000.25, 1_700_000_001.5)
