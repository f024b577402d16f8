"""The resource that stands for the authority's file: who declares it, and that it works without us."""

import pickle
import subprocess
import sys
from pathlib import Path

import dill  # type: ignore[import-untyped] # it has no types
import pytest

from components.certificates import authority_file
from stacks import shop
from tests import mocks

KIND = "pulumi-python:dynamic:Resource"
WITHOUT_US = """
import sys
sys.modules["leasehold"] = sys.modules["components"] = None  # cannot be imported
import dill  # type: ignore[import-untyped] # it has no types
provider = dill.loads(open(sys.argv[1], "rb").read())
provider.delete(sys.argv[2], {"path": sys.argv[2]})
provider.delete(sys.argv[2], {"path": sys.argv[2]})  # gone already
"""


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def declared(config: dict[str, str]) -> list[mocks.Registered]:
    recorder, _ = mocks.run(shop.declare, config)
    return [made for made in recorder.resources if made.type == KIND]


def test_a_run_of_plain_pulumi_has_one_for_its_file(tmp_path: Path) -> None:
    [made] = declared({})
    path = Path(made.inputs["path"])
    assert path.exists()
    assert path.is_relative_to(tmp_path)


def test_a_run_of_leasehold_has_none() -> None:
    assert declared({"leasehold:claim": "1234"}) == []


def test_a_program_in_another_language_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority_file, "IN_PROGRAM", False)
    assert declared({}) == []


def test_it_removes_the_file_where_no_package_of_ours_is(tmp_path: Path) -> None:
    kept, file, other = tmp_path / "provider", tmp_path / "demo.crt", tmp_path / "other.crt"
    kept.write_bytes(dill.dumps(authority_file._provider(), protocol=pickle.DEFAULT_PROTOCOL, recurse=True))
    for one in (file, other):
        one.touch()
    subprocess.run([sys.executable, "-c", WITHOUT_US, kept, file], check=True, cwd=tmp_path)
    assert (file.exists(), other.exists()) == (False, True)


def test_another_path_is_another_resource() -> None:
    provider = authority_file._provider()
    assert provider.diff("a", {"path": "a"}, {"path": "a"}).changes is False
    assert provider.diff("a", {"path": "a"}, {"path": "b"}).replaces == ["path"]
