"""The components together, over Pulumi's mocks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import DeclarationError, Environment, EnvironmentArgs
from leasehold import Outputs
from stacks import shop
from stacks.shop.roles import ROLES
from tests import mocks

CONFIG = {"leasehold:term": "600"}
LABELS = {"dev.leasehold.run", "dev.leasehold.owner", "dev.leasehold.expires"}
GATEWAYS = {"dev.leasehold.host", "dev.leasehold.published"}


@pytest.fixture(scope="module", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A user's state of the tests' own: the authority's certificate goes there."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def made(state: Path) -> tuple[mocks.Recorder, Environment]:
    recorder, environment = mocks.run(lambda: Environment("environment", {"roles": ROLES}))
    return recorder, environment


def test_an_assertion_in_an_apply_can_fail() -> None:
    def refuse(_: Any) -> None:
        raise AssertionError("seen")

    with pytest.raises(AssertionError, match="seen"):
        mocks.known(mocks.run(lambda: pulumi.Output.from_input(1).apply(refuse))[1])


def test_three_containers_two_networks_no_volume(made: tuple[mocks.Recorder, Environment]) -> None:
    recorder, _ = made
    assert {container.inputs["name"] for container in recorder.of("Container")} == {
        f"leasehold-{mocks.STACK}-{part}" for part in ("database", "broker", "gateway")
    }
    assert {network.inputs["name"]: network.inputs.get("internal", False) for network in recorder.of("Network")} == {
        f"leasehold-{mocks.STACK}-inner": True,
        f"leasehold-{mocks.STACK}-edge": False,
    }
    assert not recorder.of("Volume")


def test_everything_on_the_engine_is_labelled(made: tuple[mocks.Recorder, Environment]) -> None:
    recorder, _ = made
    for resource in recorder.of("Container") + recorder.of("Network"):
        published = GATEWAYS if resource.inputs.get("ports") else set()
        assert {label["label"] for label in resource.inputs["labels"]} == LABELS | published


def test_no_secret_is_in_a_command_or_an_environment_variable(made: tuple[mocks.Recorder, Environment]) -> None:
    recorder, _ = made
    for container in recorder.of("Container"):
        shown = {key: value for key, value in container.inputs.items() if key != "uploads"}
        assert "generated-" not in str(shown)


def test_each_role_has_its_dynamic_role_policy_and_login(made: tuple[mocks.Recorder, Environment]) -> None:
    recorder, _ = made
    names = {*(role["name"] for role in ROLES), "leasehold_template_admin"}
    assert {role.inputs["name"] for role in recorder.of("SecretBackendRole")} == names
    logins = {login.inputs["roleName"]: login.inputs for login in recorder.of("AuthBackendRole")}
    orchestrator = logins.pop("leasehold_orchestrator")
    operator = logins.pop("leasehold_operator")
    assert set(logins) == names
    policies = {policy.inputs["name"] for policy in recorder.of("Policy")}
    assert policies == {*(f"lease-{name}" for name in names), "leasehold_operator", "leasehold_orchestrator"}
    assert operator["tokenPolicies"] == ["leasehold_operator"]
    assert orchestrator["tokenPolicies"] == ["leasehold_orchestrator"]
    for name, login in logins.items():
        assert login["tokenPolicies"] == [f"lease-{name}"]
        assert (login["secretIdNumUses"], login["tokenNumUses"]) == (1, 1000)


def test_the_outputs_fit_the_contract(made: tuple[mocks.Recorder, Environment]) -> None:
    _, environment = made
    values = {name: mocks.known(output) for name, output in environment.outputs.items()}
    outputs = Outputs.parse(values)
    assert outputs.run == mocks.STACK
    assert outputs.gateway.database_port == 45432
    assert outputs.broker.address == "https://127.0.0.1:48200"
    assert Path(outputs.tls.file).read_text() == outputs.tls.certificate
    assert outputs.roles["auditor"].term == 300
    assert outputs.roles["auditor"].logins == {"approle": "role-id-of-auditor"}
    assert outputs.orchestrator.secret_id.get_secret_value() == "secret-id-of-leasehold_orchestrator"


def test_a_run_that_is_reached_elsewhere_says_so_everywhere(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASEHOLD_PUBLISH", "0.0.0.0")  # noqa: S104 - nothing is made
    monkeypatch.setenv("LEASEHOLD_GATEWAY", "2001:db8::7")
    recorder, made = mocks.run(lambda: Environment("environment", {"roles": ROLES}), CONFIG)
    outputs = Outputs.parse({name: mocks.known(output) for name, output in made.outputs.items()})
    assert outputs.gateway.host == "2001:db8::7"
    assert outputs.broker.address == "https://[2001:db8::7]:48200"
    published = [port for one in recorder.of("Container") for port in one.inputs.get("ports", [])]
    assert {port["ip"] for port in published} == {"0.0.0.0"}  # noqa: S104 - likewise


def test_the_name_lock_in_the_settings_is_on_whatever_is_made_and_in_the_name_of_the_authoritys_file(
    state: Path,
) -> None:
    recorder, _ = mocks.run(shop.declare, {**CONFIG, "leasehold:claim": "1234"})
    carriers = [*recorder.of("Container"), *recorder.of("Network")]
    assert carriers
    for made in carriers:
        assert {"label": "dev.leasehold.claim", "value": "1234"} in made.inputs["labels"]
    assert (state / "leasehold" / "authorities" / f"{mocks.STACK}.1234.crt").exists()


def test_of_the_outputs_only_the_orchestrators_login_is_secret(made: tuple[mocks.Recorder, Environment]) -> None:
    _, environment = made
    secret = [name for name, output in environment.outputs.items() if mocks.known_secret(output)]
    assert secret == ["orchestrator"]


def test_the_default_program_takes_images_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEASEHOLD_IMAGE_DATABASE", "mine/postgres:18")
    recorder, _ = mocks.run(shop.declare, CONFIG)
    images = {made.inputs["name"].rpartition("-")[2]: made.inputs["image"] for made in recorder.of("Container")}
    assert images["database"] == "mine/postgres:18"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"run": "Not-A-Name"}, "cannot be used"),
        ({"term": 0}, "must be more than zero"),
        ({"roles": []}, "No role is declared"),
        ({"storage": {"size": 1}}, "at least 128"),
        ({"settings": {"ssl": "off"}}, "one of the run's locks"),
        ({"roles": [*ROLES, {"name": "pg_x", "owns": ["y"]}]}, "is reserved"),
    ],
)
def test_a_wrong_declaration_registers_nothing(wrong: EnvironmentArgs, message: str) -> None:
    def program() -> None:
        with pytest.raises(DeclarationError, match=message):
            Environment("environment", {"roles": ROLES, **wrong})

    recorder, _ = mocks.run(program)
    assert recorder.resources == []
