"""The servers' logs: each line that should never be there is found, and no other."""

import json
from typing import Any

import pytest

from leasehold.audit.logs import broker_findings, database_findings


def entry(policies: list[str], path: str, operation: str = "update", **more: Any) -> str:
    auth = {"display_name": "somebody", "token_policies": policies}
    told = {"type": "response", "auth": auth, "request": {"path": path, "operation": operation}, **more}
    return json.dumps(told, separators=(",", ":"))


SET_UP = [
    entry(["root"], "sys/auth/approle"),
    entry(["root"], "auth/token/revoke-self"),
    entry(["provisioner"], "sys/mounts/database"),
]
IN_USE = [
    entry(["leasehold_orchestrator"], "auth/approle/role/reader/secret-id"),
    entry(["lease-reader"], "database/creds/reader", "read"),
    "{ cut off",
    "not json",
]


def test_a_run_in_good_order() -> None:
    assert broker_findings([*SET_UP, *IN_USE, entry(["lease-reader"], "sys/leases/revoke")]) == []


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (entry(["root"], "sys/mounts"), "root token used after initialisation"),
        (entry(["root"], "sys/mounts", error="permission denied"), "root token used after initialisation"),
        (entry(["provisioner"], "database/roles/reader"), "set-up login used after set-up"),
        (entry(["lease-reader", "lease-writer"], "database/creds/writer"), "policies of more than one role"),
        (entry(["default", "lease-reader"], "auth/token/lookup-self"), "policies of more than one role"),
        (entry(["admin"], "sys/mounts"), "a policy that is no role's"),
    ],
)
def test_a_request_that_should_not_be(line: str, finding: str) -> None:
    [found] = broker_findings([*SET_UP, *IN_USE, line])
    assert found.startswith(finding)


def test_a_refused_request_of_the_set_up_login_is_no_finding() -> None:
    assert broker_findings([*SET_UP, *IN_USE, entry(["provisioner"], "x", error="permission denied")]) == []


def test_a_superuser_from_the_network() -> None:
    line = "[9] user=postgres db=app host={} app=psql code=00000 LOG:  connection authorized: user=postgres db=app"
    assert database_findings([line.format("172.18.0.9")]) == ["superuser session from 172.18.0.9"]
    assert database_findings([line.format("[local]"), line.replace("user=postgres", "user=postgres2")]) == []
