"""Which engine a process works on: a flag's, the user's variable's, or what a project declares."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leasehold.cli.app import app
from leasehold.contract import ENGINE_VARIABLE
from leasehold.engines import current
from leasehold.engines.current import choose, chosen
from leasehold.errors import EngineError
from leasehold.pulumi.programs import engine_of

PROJECT = "name: shop\nruntime: python\n"


@pytest.fixture(autouse=True)
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current, "_declared", [])
    monkeypatch.setenv(ENGINE_VARIABLE, "")  # so that what a test sets goes again
    monkeypatch.delenv(ENGINE_VARIABLE)


def project(folder: Path, more: str = "") -> str:
    (folder / "Pulumi.yaml").write_text(PROJECT + more)
    return str(folder)


@pytest.mark.parametrize(
    ("more", "engine"),
    [
        ("", ""),
        ("config:\n  leasehold:term: 60\n", ""),
        ("config:\n  leasehold:engine: kubernetes\n", "kubernetes"),
        ("config:\n  leasehold:engine:\n    value: kubernetes\n", "kubernetes"),
        ("config:\n  leasehold:engine:\n    type: string\n    default: kubernetes\n", "kubernetes"),
    ],
)
def test_a_project_declares_its_engine(tmp_path: Path, more: str, engine: str) -> None:
    assert engine_of(project(tmp_path, more)) == engine


def test_a_function_declares_none() -> None:
    assert engine_of("nowhere:nothing") == ""


def test_what_is_declared_is_chosen_for_child_processes_too() -> None:
    assert chosen() == "docker"
    choose("kubernetes")
    assert (chosen(), os.environ[ENGINE_VARIABLE]) == ("kubernetes", "kubernetes")
    choose("kubernetes")


def test_what_the_user_names_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "docker")
    choose("kubernetes")
    assert chosen() == "docker"


@pytest.mark.parametrize(("first", "second"), [("kubernetes", ""), ("", "kubernetes"), ("kubernetes", "docker")])
def test_one_process_does_not_work_on_two(first: str, second: str) -> None:
    choose(first)
    with pytest.raises(EngineError, match="already, for another project or run"):
        choose(second)


def test_there_is_no_engine_of_the_name() -> None:
    with pytest.raises(EngineError, match="no engine 'nomad'; it can be docker, kubernetes"):
        choose("nomad")
    done = CliRunner().invoke(app, ["--engine", "nomad", "list"])
    assert isinstance(done.exception, EngineError)


def test_the_flag_goes_before_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "docker")
    CliRunner().invoke(app, ["--engine", "kubernetes", "sweep", "--help"])
    assert chosen() == "kubernetes"


@pytest.mark.parametrize(
    ("variable", "words", "told"),
    [
        ("", [], "docker"),
        ("", ["-o", "leasehold_engine=kubernetes"], "kubernetes"),
        ("docker", ["-o", "leasehold_engine=kubernetes"], "docker"),
        ("docker", ["--leasehold-engine=kubernetes"], "kubernetes"),
    ],
)
def test_a_session_works_on_what_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, words: list[str], told: str
) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, variable)
    lines = "from leasehold.engines.current import chosen\ndef test_it():\n    assert chosen() == "
    (tmp_path / "test_chosen.py").write_text(f"{lines}{told!r}\n")
    for workers in ([], ["-n", "1"]):
        done = session(tmp_path, *words, *workers)
        assert done.returncode == 0, done.stdout


def test_a_session_refuses_an_engine_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "nomad")
    assert "There is no engine 'nomad'" in session(tmp_path).stderr


def session(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a session of pytest in a folder."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={folder}", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
