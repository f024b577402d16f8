"""The command line, as people and pipelines use it: what it prints, how it exits, what it leaves."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from leasehold.cli import main
from leasehold.engines.labelled import take_inventory
from leasehold.runs import name_locks

from .support import PARTS, Live, leasehold


def as_json(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


OTHERS = {"VAULT_NAMESPACE": "admin", "VAULT_TOKEN": "s.mine", "VAULT_ADDR": "https://vault.invalid"}
"""What clients of another broker have in their shells."""


def test_up_list_show_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without a name, of a function in the current folder; the shell has another broker, and a proxy."""
    for variable, value in {**OTHERS, "HTTPS_PROXY": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(variable, value)
    up = leasehold("up", "--program", "stacks.shop:declare", "--term", "600")
    name = up.stdout.strip()
    try:
        assert re.fullmatch(r"[a-z]+-[a-z]+-[0-9a-f]{6}", name), "it prints the name alone"
        assert "up: network ..." in up.stderr
        assert "\x1b" not in up.stderr + up.stdout, "no colours outside a terminal"
        listed = {run["run"]: run for run in as_json(leasehold("list", "--json"))}
        assert listed[name]["state"] == "up"
        assert listed[name]["kept"] is True
        assert len(listed[name]["servers"]) == len(PARTS)
        assert name in leasehold("list").stdout
        shown = as_json(leasehold("show", name, "--json"))
        assert shown["run"] == name
        assert {role["role"] for role in shown["roles"]} == {"auditor", "migrator", "reader", "writer"}
        assert "secret" not in json.dumps(shown)
    finally:
        down = leasehold("down", name, "--json")
    assert f"Nothing of run {name} is left" in down.stderr
    ended = as_json(down)
    assert ended["notes"] == []
    assert set(ended["left"]) == {
        "servers",
        "others",
        "stacks",
        "leases",
        "processes",
        "temporary_files",
    }
    assert not any(ended["left"].values())
    assert name_locks.find(name) is None


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["show", "no-such-run"], 3, "There is no run 'no-such-run'"),
        (["down", "no-run-either"], 3, "There is no run 'no-run-either'"),
        (["up", "No_Name"], 1, "cannot be a run's name"),
        (["up", "--no-such-option"], 2, "No such option"),
        (["up", "x", "--program", "nowhere:nothing"], 1, "There is no program 'nowhere:nothing'"),
        (["up", "x", "--program", "/"], 1, "There is no Pulumi project in /"),
    ],
)
def test_a_mistake_is_one_paragraph(
    words: list[str], status: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, which has everything imported: six mistakes take no longer than one."""
    monkeypatch.setattr(sys, "argv", ["leasehold", *words])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == status
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_a_run_that_is_there_and_a_role_that_is_not(live: Live) -> None:
    assert leasehold("up", live.run.name).returncode == 4
    done = leasehold("exec", live.run.name, "--role", "boss", "--", "true")
    assert done.returncode == 6
    assert "declares no role 'boss'" in done.stderr


def test_docker_is_not_running() -> None:
    done = leasehold("list", env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert done.returncode == 8
    assert "The Docker Engine does not answer" in done.stderr


def test_sweep_leaves_living_runs(live: Live) -> None:
    swept = json.loads(leasehold("sweep", "--json").stdout)  # other tests' runs may not be to be swept just then
    assert live.run.name not in {run["run"] for run in swept}
    assert take_inventory(live.run.name).running == len(PARTS)


def test_doctor_finds_everything_on_a_machine_that_is_set_up() -> None:
    """What it says of another machine, `tests/unit/leasehold/cli/test_doctor.py` has."""
    rows = {row["part"]: row for row in as_json(leasehold("doctor", "--json"))}
    assert {part: row["state"] for part, row in rows.items() if row["state"] != "ok"} == {}
    assert {part for part, row in rows.items() if not row["version"]} == {"Pulumi backend"}
