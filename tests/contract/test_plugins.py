"""What the components send is what the plugins accept."""

import json
from importlib.metadata import version
from typing import Any

import pytest

from components import AuthorityArgs, Environment
from stacks.shop.roles import ROLES
from tests import mocks
from toolchain.versions import PLUGINS

from .conftest import Plugin

PREFIX = "pulumi:providers:"
DYNAMIC = "pulumi-python"
"""Pulumi's own, for providers in Python: it has no types, so it refuses none. Tests of ours are in
`tests/unit/components/test_authority_file.py` and `tests/integration/test_lifecycle.py`."""
ROLLED: AuthorityArgs = {"generation": 2, "trusted": 1}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> list[mocks.Registered]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))  # where the authority's file goes
        recorder, _ = mocks.run(lambda: Environment("environment", {"roles": ROLES, "authority": ROLLED}))
    return [made for made in recorder.resources if not made.type.startswith("leasehold:")]


def test_every_kind_of_resource_is_sent(sent: list[mocks.Registered]) -> None:
    assert {made.type.split(":")[0] for made in sent if not made.type.startswith("pulumi:")} == {
        "docker",
        DYNAMIC,
        "random",
        "vault",
    }
    assert [made.type for made in sent if made.type.startswith(PREFIX)] == [f"{PREFIX}vault"]


def test_the_plugins_accept_it(sent: list[mocks.Registered], plugins: dict[str, Plugin]) -> None:
    refused = {}
    for made in sent:
        if made.type.startswith(f"{DYNAMIC}:"):
            continue
        if made.type.startswith(PREFIX):
            reasons = plugins[made.type.removeprefix(PREFIX)].check_config(made.inputs)
        else:
            reasons = plugins[made.type.split(":")[0]].check(made.type, made.inputs)
        if reasons:
            refused[made.name] = reasons
    assert refused == {}


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_is_of_its_sdks_version(plugins: dict[str, Plugin], name: str) -> None:
    assert plugins[name].version().removeprefix("v") == version(f"pulumi-{name}")


@pytest.mark.parametrize(
    ("plugin", "kind", "inputs"),
    [
        ("docker", "docker:index/network:Network", {"name": "x", "colour": "red"}),
        ("docker", "docker:index/container:Container", {"name": "x"}),
        ("vault", "vault:index/policy:Policy", {"name": "x"}),
        ("random", "random:index/randomPassword:RandomPassword", {}),
    ],
)
def test_the_plugins_do_refuse(plugins: dict[str, Plugin], plugin: str, kind: str, inputs: dict[str, Any]) -> None:
    assert plugins[plugin].check(kind, inputs)


def test_the_login_is_one_object(plugins: dict[str, Plugin]) -> None:
    login = {"path": "auth/userpass/login/x", "parameters": {"password": "y"}}
    assert plugins["vault"].check_config({"address": "http://127.0.0.1:1", "authLogin": json.dumps(login)}) == []
    assert plugins["vault"].check_config({"address": "http://127.0.0.1:1", "authLogins": json.dumps([login])})
