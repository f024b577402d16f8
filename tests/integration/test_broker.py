"""The broker's own locks: no root token, a provisioner that can set up its roles and nothing else, an audit log."""

import json
from collections.abc import Iterator

import docker
import hvac
import pytest
from hvac import exceptions

from leasehold import LeaseIssuer
from leasehold.denials.sources.whole_logs import whole_log

from .support import Live, broker_client, generated


@pytest.fixture(scope="module")
def provisioner(live: Live) -> Iterator[hvac.Client]:
    password = generated(live.run.name, "environment-broker-provisioner")
    client = broker_client(live.outputs)
    client.auth.userpass.login("provisioner", password)
    yield client
    client.logout(revoke_token=True)


def test_it_is_sealed_by_key_and_not_in_dev_mode(live: Live) -> None:
    status = broker_client(live.outputs).seal_status
    assert isinstance(status, dict)
    assert (status["type"], status["sealed"], status["initialized"]) == ("static", False, True)


def test_no_root_token_is_left(live: Live, engine: docker.DockerClient) -> None:
    log = "\n".join(
        [*whole_log(live.run.name, "broker"), engine.containers.get(live.container("broker")).logs().decode()]
    )
    assert "Root Token" not in log
    assert '"lease_id":"auth/token/root/' in log, "its revocation is logged"


@pytest.mark.parametrize("path", ["database/creds/reader", "sys/auth", "sys/policies/acl", "auth/token/accessors"])
def test_the_provisioner_reads_nothing_beside_its_set_up(provisioner: hvac.Client, path: str) -> None:
    with pytest.raises(exceptions.Forbidden):
        provisioner.read(path)


def test_the_provisioner_writes_no_other_policy_text(provisioner: hvac.Client) -> None:
    wider = json.dumps({"path": {"*": {"capabilities": ["read"]}}})
    with pytest.raises(exceptions.Forbidden):
        provisioner.sys.create_or_update_policy("lease-reader", wider)
    with pytest.raises(exceptions.Forbidden):
        provisioner.sys.create_or_update_policy("another", wider)


def test_the_provisioner_makes_no_undeclared_role(provisioner: hvac.Client) -> None:
    with pytest.raises(exceptions.Forbidden):
        provisioner.write_data("database/roles/admin", data={"db_name": "run", "creation_statements": ["SELECT 1"]})


def test_every_lease_stands_in_the_audit_log(live: Live, issuer: LeaseIssuer) -> None:
    held = issuer.lease("writer")
    issuer.revoke(held)
    lines = whole_log(live.run.name, "broker")
    entries = [json.loads(line) for line in lines if '"type":"response"' in line]
    issued = [entry for entry in entries if entry["request"]["path"] == "database/creds/writer"]
    assert issued
    assert all(entry["auth"]["token_policies"] == ["lease-writer"] for entry in issued)
    assert all(entry["response"]["data"]["password"].startswith("hmac-sha256:") for entry in issued)
