"""What people have in their shells is nothing to a run."""

import getpass
from typing import Any

import pytest

from leasehold import Outputs, shell
from leasehold.leases.broker import BrokerClient
from leasehold.pulumi import commands

from .test_outputs import GOOD

SHELL = {
    "VAULT_TOKEN": "mine",
    "VAULT_NAMESPACE": "admin",
    "VAULT_ADDR": "https://vault.example.com",
    "VAULT_SKIP_VERIFY": "true",
    "BAO_ADDR": "https://bao.example.com",
    "https_proxy": "http://proxy.example.com:3128",
}


def gateway() -> str:
    return "10.9.8.7"


def test_another_brokers_settings_are_taken_away() -> None:
    changed = shell.neutral({**SHELL, "HOME": "/home/ada", "VAULTED": "x"}, gateway)
    assert {name for name, value in changed.items() if value == ""} == set(SHELL) - {"https_proxy"}
    assert "HOME" not in changed
    assert "VAULTED" not in changed


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://p:1"}, "127.0.0.1,localhost,10.9.8.7"),
        (
            {"all_proxy": "socks5://p:1", "NO_PROXY": "example.com,localhost"},
            "example.com,localhost,127.0.0.1,10.9.8.7",
        ),
    ],
)
def test_nothing_on_this_host_and_no_run_is_reached_through_a_proxy(own: dict[str, str], expected: str | None) -> None:
    assert shell.neutral(own, gateway).get("NO_PROXY") == expected


def test_pulumi_is_started_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    program = tmp_path / "pulumi"
    program.write_text('#!/bin/sh\necho "$VAULT_NAMESPACE|$VAULT_TOKEN|$NO_PROXY|$PULUMI_HOME"\n')
    program.chmod(0o755)
    for name, value in {**SHELL, "PATH": f"{tmp_path}:/usr/bin:/bin"}.items():
        monkeypatch.setenv(name, value)
    said = commands.Command().run(["version"], str(tmp_path), {"PULUMI_HOME": "/ours"}).stdout
    assert said.strip() == "||127.0.0.1,localhost|/ours"


def test_the_brokers_client_takes_nothing_from_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    client = BrokerClient(Outputs.parse(GOOD))._client()
    assert not client.token
    assert client.adapter.session.trust_env is False
    assert client.adapter.namespace is None
    assert str(client.adapter.session.verify).endswith(".crt")
    assert client.url == GOOD["broker"]["address"]


def test_a_user_without_a_name_is_nobody_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    def unnamed() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr(getpass, "getuser", unnamed)
    assert shell.user() == "unknown"
    assert shell.neutral({}, gateway)["USER"] == "unknown"
    assert "USER" not in shell.neutral({"USER": "ada"}, gateway)


def test_a_process_that_outlives_its_caller_has_no_login() -> None:
    own = {"PGPASSWORD": "x", "PGHOST": "x", "DATABASE_URL": "x", "VAULT_TOKEN": "x", "HOME": "x", "PGTZ": "UTC"}
    assert shell.without_logins(own) == {"HOME": "x", "PGTZ": "UTC"}
