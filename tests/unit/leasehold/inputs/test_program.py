"""What a program reads: its modules, its files, its variables; and what the libraries read counts for nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from leasehold.inputs import FILE_VARIABLE, ProgramInputs, fingerprints, of_folder, other_shell

PROJECT = Path(__file__).parents[4]
MAIN = """
import os, sys
sys.path[:0] = [{here!r}, {project!r}]
import components
import mine
from pathlib import Path
Path("settings.txt").read_text()
sorted(os.listdir("folder"))
os.environ.get("MINE"), os.getenv("NONE"), "ALSO" in os.environ, os.environ.get("PULUMI_OWN")
__import__("tempfile").gettempdir()
{more}
"""


def ran(folder: Path, more: str = "", **variables: str) -> ProgramInputs:
    """Run a program that tells what it has read."""
    (folder / "folder").mkdir(exist_ok=True)
    (folder / "settings.txt").write_text("1")
    (folder / "mine.py").write_text("import theirs")
    (folder / "theirs.py").write_text("")
    (folder / "unread.py").write_text("")
    (folder / "main.py").write_text(MAIN.format(here=str(folder), project=str(PROJECT), more=more))
    told = folder.parent / "told.json"
    env = {**os.environ, FILE_VARIABLE: str(told), **variables}
    subprocess.run([sys.executable, "main.py"], cwd=folder, env=env, check=True)
    return ProgramInputs.parse(json.loads(told.read_text()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    return path


def test_its_own_files_and_variables_are_known_and_no_others(folder: Path) -> None:
    inputs = ran(folder, MINE="1", ALSO="2")
    names = ["folder", "main.py", "mine.py", "settings.txt", "theirs.py"]
    assert [*inputs.files] == [str(folder / name) for name in names]
    assert inputs.variables == {"NONE": "", **fingerprints({"MINE": "1", "ALSO": "2"})}
    assert inputs.complete


def test_it_is_the_same_as_long_as_nothing_that_it_reads_is_another(folder: Path) -> None:
    inputs = ran(folder, MINE="1", ALSO="2")
    (folder / "unread.py").write_text("changed")
    (folder / "more.py").write_text("added")
    assert inputs.changed() == ""
    assert inputs.other(fingerprints({"MINE": "1", "ALSO": "2", "UNREAD": "3"})) == ""


@pytest.mark.parametrize("name", ["main.py", "mine.py", "theirs.py", "settings.txt", "folder/more"])
def test_a_file_that_it_reads_has_changed(folder: Path, name: str) -> None:
    inputs = ran(folder)
    (folder / name).write_text("changed")
    assert "has changed" in inputs.changed()


@pytest.mark.parametrize("now", [{"MINE": "2", "ALSO": "2"}, {"ALSO": "2"}, {"MINE": "1", "ALSO": "2", "NONE": ""}])
def test_a_variable_that_it_reads_is_another(folder: Path, now: dict[str, str]) -> None:
    inputs = ran(folder, MINE="1", ALSO="2")
    assert "is another one" in inputs.other(fingerprints(now))


def test_what_was_written_while_it_was_read_is_taken_for_changed(folder: Path) -> None:
    assert ran(folder, "Path('settings.txt').write_text('2')").changed()


def test_what_starts_a_process_is_known_by_nothing(folder: Path) -> None:
    assert not ran(folder, "__import__('subprocess').run(['true'])").complete


def test_a_folder_is_known_by_all_that_is_in_it(folder: Path) -> None:
    (folder / "Pulumi.yaml").write_text("runtime: yaml")
    inputs = of_folder(folder)
    assert inputs.changed() == ""
    (folder / "deep").mkdir()
    assert inputs.changed()


@pytest.mark.parametrize(
    ("one", "two", "name"),
    [
        ({"HOME": "a"}, {"HOME": "b"}, ""),
        ({"DOCKER_HOST": "a"}, {"DOCKER_HOST": "b"}, "DOCKER_HOST"),
        ({}, {"LEASEHOLD_IMAGE_DATABASE": "b"}, "LEASEHOLD_IMAGE_DATABASE"),
        ({"PULUMI_BACKEND_URL": "b"}, {}, "PULUMI_BACKEND_URL"),
    ],
)
def test_two_shells_differ_by_what_decides_about_any_program(
    one: dict[str, str], two: dict[str, str], name: str
) -> None:
    assert other_shell(one, two).removesuffix(" is another one") == name
