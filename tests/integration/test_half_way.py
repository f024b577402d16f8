"""The engine fails while a run is being created: a clear error, and nothing half-made is left."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from components.engines.docker.awaited_networks import NOT_MADE
from leasehold import Run, RunError
from leasehold.runs import name_locks

from .faulty_engine import Fails, faulty_engine
from .support import PROJECT, inspect_run

Failing = Callable[[Fails, str], str]


@pytest.fixture
def failed(new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Failing:
    """Have a creation fail with an engine that fails as told; return what is said of it."""

    def fail(fails: Fails, said: str) -> str:
        name = new_name()
        with faulty_engine(tmp_path, fails) as host, monkeypatch.context() as patch:
            patch.setenv("DOCKER_HOST", host)
            with pytest.raises(RunError, match=said) as refused:
                Run.create(name, program=PROJECT)
        assert name_locks.find(name) is None
        assert inspect_run(name).empty
        return str(refused.value)

    return fail


def test_a_full_pool_of_addresses(failed: Failing) -> None:
    said = "could not find an available, non-overlapping IPv4 address pool among the defaults"
    told = failed(lambda _, path: said if path == "/networks/create" else None, said)
    assert "docker network prune" in told
    assert NOT_MADE not in told, "the servers that wait for it add nothing to that"


@pytest.mark.parametrize(
    "successes", [5, *(pytest.param(number, marks=pytest.mark.soak) for number in (0, 1, 2, 3, 4, 6, 7))]
)
def test_up_fails_half_way(failed: Failing, successes: int) -> None:
    """The engine does so many changes, and then no more until the run is given up."""
    counter = itertools.count()
    made: list[str] = []

    def fails(method: str, path: str) -> str | None:
        if method != "POST" or path.startswith(("/images", "/auth")):
            return None
        if next(counter) >= successes:
            return "no space left on device"
        made.append(path)
        return None

    failed(fails, "no space left on device")
    assert len(made) == successes
