"""A session that uses no run does not pay for what a run needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("cryptography", "docker", "hvac", "psutil", "psycopg", "pulumi", "pydantic", "rich", "sqlglot", "tomllib")
"""None of them is pytest's own."""

CONFTEST = f"""
import sys

def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        print("imported:", *sorted(sys.modules.keys() & set({HEAVY})))
        print("plugin:", "leasehold.pytest_plugin" in sys.modules)
"""


def imported(folder: Path, *words: str) -> list[str]:
    """Return what a session in a folder says at its end."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_of_theirs.py").write_text("def test_it(): pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "leasehold.pytest_plugin", *words],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # others import what they like
        check=True,
        capture_output=True,
        text=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith(("imported:", "plugin:"))]


@pytest.mark.parametrize("words", [(), ("--leasehold-denials=off",), ("--leasehold-run=dev",)])
def test_a_session_without_a_run_imports_nothing_that_a_run_needs(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert imported(tmp_path, *words) == ["imported:", "plugin: True"]


def test_workers_cost_their_controller_a_process_identity_alone(tmp_path: Path) -> None:
    assert imported(tmp_path, "-p", "xdist", "-n", "1") == ["imported: psutil", "plugin: True"]


def test_a_session_that_uses_one_imports_it(tmp_path: Path) -> None:
    """The control: what is looked for would be found."""
    (tmp_path / "leasehold-allow.toml").write_text("")
    [there, _] = imported(tmp_path)
    assert {"psycopg", "hvac", "pydantic"} <= set(there.split())
