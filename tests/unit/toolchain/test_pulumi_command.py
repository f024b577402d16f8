"""Which Pulumi is found, and what asking it leaves behind."""

from pathlib import Path

import pytest

from toolchain import pulumi_command, source
from toolchain.versions import pulumi_pin

PULUMI = """#!/bin/sh
mkdir -p "${PULUMI_HOME:-$HOME/.pulumi}/logs"
touch "${PULUMI_HOME:-$HOME/.pulumi}/logs/version.log"
echo v$VERSION
"""


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Pulumi on PATH, which logs what it is asked as the real one does; and a home of the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (folder / name).write_text(PULUMI)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VERSION", pulumi_pin())
    for variable in (source.VARIABLE, "PULUMI_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    return folder


def test_one_on_path_that_is_recent_enough_is_used(on_path: Path) -> None:
    assert pulumi_command.folder() == (on_path, "PATH")
    assert pulumi_command.find().ok


def test_an_older_one_is_not(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSION", "3.1.0")
    assert pulumi_command.folder() is None
    found = pulumi_command.find()
    assert (found.state, found.version, found.source) == ("too old", "3.1.0", str(on_path / "pulumi"))


def test_asking_for_its_version_leaves_nothing_in_the_users_home(on_path: Path, tmp_path: Path) -> None:
    assert pulumi_command.find().version == pulumi_pin()
    assert not (tmp_path / "home").exists()
