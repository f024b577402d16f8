"""The installed command: what it lists, and what it finds in the folder where it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("leasehold")
NAMES = {
    "up",
    "list",
    "show",
    "exec",
    "migrate",
    "psql",
    "down",
    "pool",
    "sweep",
    "doctor",
    "audit",
    "probe",
    "scan",
    "rotate",
}


def leasehold(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *words], cwd=cwd, capture_output=True, text=True, check=False)


def test_help_names_every_command_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    printed = leasehold("--help", cwd=tmp_path).stdout
    _, _, commands = printed.partition("Commands")
    listed = [line.strip("│ ").split()[0] for line in commands.splitlines() if line.startswith("│ ") and line[2] != " "]
    assert set(listed) == NAMES
    assert len(listed) == len(NAMES)


def test_a_program_is_found_in_the_folder_where_it_is_called(tmp_path: Path) -> None:
    """It raises as it is imported, so nothing is created."""
    (tmp_path / "mine.py").write_text("raise ImportError('this is the one')\n")
    done = leasehold("up", "x", "--program", "mine:declare", cwd=tmp_path)
    assert done.returncode == 1
    assert "There is no program 'mine:declare' (this is the one)" in done.stderr
