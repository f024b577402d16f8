"""What is refused before anything is made: it says why, and leaves nothing."""

from collections.abc import Callable

import pytest

from leasehold import Run, RunError, RunNotFoundError
from leasehold.errors import EngineError
from leasehold.runs import name_locks
from leasehold.runs.run import destroy

from .support import PROJECT, inspect_run


@pytest.mark.parametrize("name", ["", "A", "a_b", "../x", "x" * 41])
def test_a_bad_name(name: str) -> None:
    with pytest.raises(RunError, match="cannot be a run's name"):
        Run.create(name, program=PROJECT)


def test_an_unknown_run() -> None:
    for call in (lambda: Run.get("nobodys-run", program=PROJECT), lambda: destroy("nobodys-run", program=PROJECT)):
        with pytest.raises(RunNotFoundError, match="There is no run 'nobodys-run'"):
            call()
        assert inspect_run("nobodys-run").empty, "the look at it left something"
        assert name_locks.find("nobodys-run") is None


def test_docker_is_not_running(new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    name = new_name()
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        with pytest.raises(EngineError, match="Docker Engine does not answer"):
            Run.create(name, program=PROJECT)
    assert name_locks.find(name) is None
