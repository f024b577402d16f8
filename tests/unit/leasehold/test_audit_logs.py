"""The servers' logs: each line that should never be there is found, and no other."""

import json
from typing import Any

import pytest

from leasehold.proofs.audit.logs import broker_findings, database_findings


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


CONFIGURES = [
    entry(["provisioner"], "auth/userpass/login/provisioner"),
    entry(["provisioner"], "auth/token/lookup-self", "read"),
    entry(["provisioner"], "auth/token/revoke-self"),
]


def test_pulumi_that_only_configures_its_provider_is_no_finding() -> None:
    assert broker_findings([*SET_UP, *IN_USE, *CONFIGURES]) == []


def test_what_pulumi_does_in_mid_life_is_listed() -> None:
    more = [entry(["provisioner"], "database/roles/reader", "read"), entry(["provisioner"], "sys/mounts/database")]
    found = broker_findings([*SET_UP, *IN_USE, *CONFIGURES[:2], *more, CONFIGURES[2]])
    assert [line.partition(": ")[2] for line in found] == [
        "read database/roles/reader by somebody",
        "update sys/mounts/database by somebody",
    ]


def test_a_login_of_another_name_with_the_set_ups_policy() -> None:
    [found] = broker_findings([*SET_UP, *IN_USE, entry(["provisioner"], "auth/approle/login")])
    assert found.startswith("set-up login used after set-up: update auth/approle/login")


def test_a_policy_of_who_a_token_belongs_to_counts() -> None:
    auth = {"display_name": "x", "token_policies": ["lease-reader"], "identity_policies": ["lease-writer"]}
    request = {"path": "database/creds/writer", "operation": "read"}
    line = json.dumps({"type": "response", "auth": auth, "request": request}, separators=(",", ":"))
    assert broker_findings([*SET_UP, line]) == [
        "policies of more than one role (lease-reader, lease-writer): read database/creds/writer by x"
    ]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (entry(["root"], "sys/mounts"), "root token used after initialisation"),
        (entry(["root"], "sys/mounts", error="permission denied"), "root token used after initialisation"),
        (entry(["provisioner"], "database/roles/reader"), "set-up login used after set-up"),
        (entry(["provisioner"], "x", error="permission denied"), "set-up login used after set-up"),
        (entry(["provisioner"], "auth/token/lookup-self"), "set-up login used after set-up"),
        (entry(["lease-reader", "lease-writer"], "database/creds/writer"), "policies of more than one role"),
        (entry(["default", "lease-reader"], "auth/token/lookup-self"), "policies of more than one role"),
        (entry(["admin"], "sys/mounts"), "a policy that is no role's"),
    ],
)
def test_a_request_that_should_not_be(line: str, finding: str) -> None:
    [found] = broker_findings([*SET_UP, *IN_USE, line])
    assert found.startswith(finding)


def test_a_broker_log_without_its_beginning_is_a_finding_and_all_that_follows_is_held_to_it() -> None:
    lines = [*IN_USE, entry(["provisioner"], "sys/mounts"), entry(["root"], "sys/mounts")]
    found = broker_findings(lines)
    assert [line.partition(" is lost")[0] for line in found[:1]] == ["the beginning of the broker's log"]
    assert [line.partition(":")[0] for line in found[1:]] == [
        "set-up login used after set-up",
        "root token used after initialisation",
    ]


START = {"message": "starting PostgreSQL 18.0", "error_severity": "LOG"}


def authorized(user: str, host: str) -> dict[str, str]:
    return {"message": f"connection authorized: user={user} database=app", "user": user, "remote_host": host}


@pytest.mark.parametrize(
    ("user", "host", "found"),
    [
        ("postgres", "172.18.0.9", ["superuser session from 172.18.0.9"]),
        ("chief", "::1", ["superuser session from ::1"]),
        ("postgres", "[local]", []),
        ("postgres2", "172.18.0.9", []),
    ],
)
def test_a_superuser_from_the_network(user: str, host: str, found: list[str]) -> None:
    assert database_findings([START, authorized(user, host)], ["postgres", "chief"]) == found


def test_a_database_log_without_its_beginning() -> None:
    [found] = database_findings([authorized("reader_x", "172.18.0.9")] * 2, ["postgres"])
    assert found.startswith("the beginning of the database's log is lost")
