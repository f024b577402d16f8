"""No credential in plaintext: not in the state, not in `docker inspect`, not in a container's log."""

import json
from typing import Any

import docker
import pytest

from leasehold import LeaseIssuer
from leasehold.contract import LOGS
from leasehold.engines.current import current

from .support import PARTS, Live, exported, generated, pulumi, read

SECRET = "4dabf18193072939515e22adb298388d"  # Pulumi's signature key of special values
SHORTEST = 12
PUBLIC = {"scram-sha-256"}


def secrets_in(value: Any, found: set[str]) -> set[str]:
    """Collect every string that Pulumi has marked secret, from a state with secrets shown."""
    if isinstance(value, dict):
        if SECRET in value and "plaintext" in value:
            collect(json.loads(value["plaintext"]), found)
        else:
            for inner in value.values():
                secrets_in(inner, found)
    elif isinstance(value, list):
        for inner in value:
            secrets_in(inner, found)
    return found


def collect(value: Any, found: set[str]) -> None:
    if isinstance(value, str) and len(value) >= SHORTEST and not value.startswith("/leasehold/"):
        found.add(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            collect(inner, found)


@pytest.fixture(scope="module")
def known(live: Live) -> set[str]:
    public = {*PUBLIC, live.outputs.tls.certificate, live.outputs.orchestrator.role_id}
    found = secrets_in(exported(live.run.name, secrets=True), set()) - public
    assert live.outputs.orchestrator.secret_id.get_secret_value() in found
    return found


def test_every_generated_secret_is_marked(live: Live, known: set[str]) -> None:
    resources = exported(live.run.name, secrets=True)["deployment"]["resources"]
    results = [made["outputs"]["result"] for made in resources if made["type"].endswith("RandomPassword")]
    assert len(results) == 5
    assert all(SECRET in result for result in results)


def test_the_state_holds_no_secret_in_plaintext(live: Live, known: set[str]) -> None:
    state = json.dumps(exported(live.run.name))
    assert [value[:4] for value in known if json.dumps(value)[1:-1] in state] == []


def test_outputs_show_no_secret_unasked(live: Live, known: set[str]) -> None:
    shown = json.loads(pulumi("stack", "output", "--json", "--stack", live.run.name).stdout)
    assert set(shown) == {
        "run",
        "gateway",
        "database",
        "broker",
        "contract",
        "tls",
        "roles",
        "row_security",
        "revoked_from_public",
        "template_admin",
        "operator",
        "orchestrator",
    }
    assert shown["orchestrator"] == "[secret]"
    assert not [value[:4] for value in known if value in json.dumps(shown)]


@pytest.mark.parametrize("part", PARTS)
def test_inspect_shows_no_secret(live: Live, known: set[str], engine: docker.DockerClient, part: str) -> None:
    inspected = json.dumps(engine.api.inspect_container(live.container(part)))
    assert live.run.name in inspected
    assert [value[:4] for value in known if value in inspected] == []


@pytest.mark.parametrize("part", PARTS)
def test_logs_show_no_secret(
    live: Live, known: set[str], engine: docker.DockerClient, issuer: LeaseIssuer, part: str
) -> None:
    held = issuer.lease("reader")
    held.connect().close()
    issuer.revoke(held)
    container = live.container(part)
    files = current().files(container, LOGS)
    assert [name for name in files if name.endswith(".json")]
    log = engine.containers.get(container).logs() + b"".join(files.values())
    assert [value[:4] for value in {*known, held.password.get_secret_value()} if value.encode() in log] == []


def test_the_database_container_holds_no_password(live: Live, engine: docker.DockerClient) -> None:
    """Only the admin's verifier is uploaded; nobody can log in with it."""
    files = read(engine, live.container("database"), "cat /leasehold/*")
    assert "SCRAM-SHA-256$" in files
    assert generated(live.run.name, "environment-database-admin") not in files
