"""The doctor says of each part whether it is there, of which version, and what mends it."""

from importlib.metadata import version
from pathlib import Path

import pytest

from leasehold.cli import doctor


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is installed yet: no Pulumi, no plugin, no engine."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    return tmp_path / "home"


def found() -> dict[str, doctor.Row]:
    return {row["part"]: row for row in doctor.look()}


def install(home: Path, name: str, which: str) -> Path:
    program = home / "plugins" / f"resource-{name}-v{which}" / f"pulumi-resource-{name}"
    program.parent.mkdir(parents=True)
    program.touch()
    return program


def test_what_is_missing_is_said_to_be_missing_with_what_mends_it(home: Path) -> None:
    rows = found()
    states = {part: row["state"] for part, row in rows.items()}
    assert states == {
        "Docker Engine": "missing",
        "Pulumi": "missing",
        "docker plugin": "missing",
        "random plugin": "missing",
        "vault plugin": "missing",
        "Pulumi backend": "ok",
    }
    assert all(row["mend"] for row in rows.values() if row["state"] != "ok")
    assert f"pulumi plugin install resource vault {version('pulumi-vault')}" in rows["vault plugin"]["mend"]


@pytest.mark.parametrize("name", ["docker", *doctor.PLUGINS])
def test_a_plugin_is_ok_if_it_is_the_one_that_the_sdk_asks_for(home: Path, name: str) -> None:
    install(home, name, "0.0.1")
    assert found()[f"{name} plugin"]["state"] == "missing"
    program = install(home, name, version(f"pulumi-{name}"))
    row = found()[f"{name} plugin"]
    assert (row["state"], row["version"], row["from"]) == ("ok", version(f"pulumi-{name}"), str(program.parent))
    program.parent.with_name(f"{program.parent.name}.partial").touch()
    assert found()[f"{name} plugin"]["state"] == "missing", "its installation was cut short"


def test_a_pulumi_that_does_not_start_is_broken(home: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho no luck >&2; exit 3\n")
    program.chmod(0o755)
    row = found()["Pulumi"]
    assert (row["state"], row["from"]) == ("broken", str(program))
    assert "no luck" in row["mend"]
    program.write_text("#!/bin/sh\necho v3.2.1\n")
    row = found()["Pulumi"]
    assert (row["state"], row["version"]) == ("ok", "3.2.1")
