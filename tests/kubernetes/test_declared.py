"""A project that declares its engine: commands, Pulumi itself and sessions work on it without a variable or a flag."""

import json
import subprocess
from pathlib import Path

import pytest

from leasehold.contract import ENGINE_VARIABLE
from tests.integration.support import COMMAND, PROJECT, pulumi

from .support import nothing_of, until

pytestmark = pytest.mark.kubernetes

PROGRAM = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
import pulumi
from components import Environment

roles = [{{"name": "migrator", "owns": ["public"]}}]
environment = Environment("shop", {{"roles": roles, "storage": {{"size": 256}}}})
for name, value in environment.outputs.items():
    pulumi.export(name, value)
"""


@pytest.fixture
def project(tmp_path: Path, shell: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that declares the cluster as its engine."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig:\n  leasehold:engine: kubernetes\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    return tmp_path


def test_commands_work_on_what_the_project_declares(project: Path, shell: dict[str, str], name: str) -> None:
    plain = {key: value for key, value in shell.items() if key != ENGINE_VARIABLE}

    def here(*words: str, folder: Path = project) -> str:
        return run_in(folder, plain, *words)

    here("up", name)
    [row] = [one for one in json.loads(here("list", "--json")) if one["run"] == name]
    assert row["state"] == "up"
    assert not nothing_of(name)
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    here("audit", name, folder=elsewhere)  # a run is looked for where it was made
    here("down", "--wait", name, folder=elsewhere)
    assert nothing_of(name)


def test_plain_pulumi_works_on_it_too(project: Path, name: str) -> None:
    pulumi("stack", "init", name, project=project)
    try:
        pulumi("up", "--yes", "--skip-preview", "--stack", name, project=project)
        assert not nothing_of(name)
    finally:
        pulumi("destroy", "--yes", "--skip-preview", "--remove", "--stack", name, project=project)
    until(lambda: nothing_of(name))


def run_in(folder: Path, environment: dict[str, str], *words: str) -> str:
    """Run a command of ours in a folder, as somebody who has the package installed; return what it prints."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
