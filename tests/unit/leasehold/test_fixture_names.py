"""The plugin's fixtures have a prefix, so that a project's own `database` or `broker` is in nobody's way."""

from pathlib import Path

import pytest

from tests import preloaded

SHORT = {"database", "lease", "connect", "broker", "rotation", "url"}
OWN = """
import pytest

@pytest.fixture
def database():
    return "the project's own"

def test_own(database, request):
    assert database == "the project's own"
    ours = request._fixturemanager.getfixturedefs("leasehold_lease", request.node)[-1]
    assert ours.argnames[1] == "leasehold_database"
"""


def fixtures(folder: Path) -> set[str]:
    listed = preloaded.run(["-m", "pytest", "--fixtures", "-v", "-p", "no:cacheprovider"], cwd=folder).stdout
    return {line.split()[0] for line in listed.splitlines() if " -- " in line}


@pytest.mark.parametrize(("settings", "expected"), [("", set()), ("leasehold_short_names = true", SHORT)])
def test_short_names_are_there_by_choice(tmp_path: Path, settings: str, expected: set[str]) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{settings}\n")
    there = fixtures(tmp_path)
    assert there & SHORT == expected
    assert {"leasehold_run", *(f"leasehold_{name}" for name in SHORT)} <= there


@pytest.mark.parametrize("settings", ["", "leasehold_short_names = true"])
def test_a_projects_own_fixture_takes_nothing_from_ours(tmp_path: Path, settings: str) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{settings}\n")
    (tmp_path / "test_own.py").write_text(OWN)
    done = preloaded.run(["-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout
