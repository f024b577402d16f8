import copy
from typing import Any

import pytest

from leasehold import Outputs, OutputsError
from leasehold.contract import CONTRACT

DECLARED: dict[str, Any] = {"term": 600, "max_term": 3600, "owns": [], "grants": []}
GOOD: dict[str, Any] = {
    "contract": CONTRACT,
    "run": "demo",
    "gateway": {"host": "127.0.0.1", "database_port": 5432, "broker_port": 8200},
    "database": "app",
    "broker": {"address": "https://127.0.0.1:8200", "login_mounts": {"approle": "approle"}},
    "tls": {"certificate": "-----BEGIN CERTIFICATE-----", "file": "/somewhere/demo.crt"},
    "roles": {"reader": {"credentials_path": "database/creds/reader", "logins": {"approle": "id"}, **DECLARED}},
    "template_admin": {
        "credentials_path": "database/creds/leasehold_template_admin",
        "logins": {"approle": "id"},
        **DECLARED,
    },
    "operator": {"approle": "id"},
    "orchestrator": {"role_id": "id", "secret_id": "hush-hush"},
}


def with_(path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    target = changed
    for parent in parents:
        target = target[parent]
    target[last] = value
    return changed


def test_good_outputs_and_a_stacks_own_beside_them() -> None:
    outputs = Outputs.parse({**GOOD, "mine": 1})
    assert outputs.orchestrator.secret_id.get_secret_value() == "hush-hush"


@pytest.mark.parametrize("version", [None, 0, CONTRACT + 1])
def test_a_run_of_another_versions_is_not_used(version: int | None) -> None:
    made = {name: value for name, value in {**GOOD, "contract": version}.items() if value is not None}
    with pytest.raises(OutputsError, match=r"made by another version of Leasehold.*leasehold down demo"):
        Outputs.parse(made)


def test_outputs_go_whole_to_another_process_of_ours() -> None:
    outputs = Outputs.parse(GOOD)
    assert Outputs.model_validate(outputs.revealed()) == outputs


def test_no_secret_shows_by_accident() -> None:
    outputs = Outputs.parse(GOOD)
    assert "hush" not in repr(outputs)
    assert "hush" not in outputs.model_dump_json()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "run: Field required"),
        (with_("gateway.database_port", 0), r"gateway\.database_port"),
        (with_("gateway.colour", "red"), r"gateway\.colour: Extra inputs"),
        (with_("roles", {}), "roles: Dictionary should have at least 1 item"),
        (with_("roles.reader.term", 0), r"roles\.reader\.term"),
        (with_("roles.reader.max_term", 0), r"roles\.reader\.max_term"),
        (with_("broker.login_mounts", {}), r"broker\.login_mounts: Dictionary should have at least 1 item"),
        (with_("orchestrator", "hush-hush"), "orchestrator: Input should be"),
    ],
)
def test_outputs_that_do_not_fit(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(OutputsError, match=message) as caught:
        Outputs.parse(wrong)
    assert "hush" not in str(caught.value)
