"""The room of a run's database, over Pulumi's mocks."""

from pathlib import Path
from typing import Any, cast

import pytest

from components import Environment, EnvironmentArgs
from stacks.shop.roles import ROLES
from tests import mocks

from .test_environment import LABELS


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def database_of(**args: Any) -> tuple[mocks.Recorder, dict[str, Any]]:
    recorder, _ = mocks.run(lambda: Environment("environment", cast(EnvironmentArgs, {"roles": ROLES, **args})))
    [inputs] = [one.inputs for one in recorder.of("Container") if one.inputs["name"].endswith("-database")]
    return recorder, inputs


def test_the_declared_room() -> None:
    _, database = database_of(storage={"size": 2000}, shm_size=300, settings={"work_mem": "64MB"})
    assert "size=2000m" in database["tmpfs"]["/var/lib/postgresql"]
    assert set(database["tmpfs"]) == {"/var/lib/postgresql", "/var/lib/postgresql/own"}
    assert database["shmSize"] == 300
    [settings] = [file["content"] for file in database["uploads"] if file["file"].endswith("/postgresql.conf")]
    assert "work_mem = '64MB'\n" in settings


def test_a_volume_is_labelled() -> None:
    recorder, database = database_of(storage={"kind": "volume"})
    [volume] = recorder.of("Volume")
    assert {label["label"] for label in volume.inputs["labels"]} == LABELS
    assert database["volumes"] == [{"containerPath": "/var/lib/postgresql", "volumeName": volume.inputs["name"]}]
    assert "tmpfs" not in database
