"""A kept run that has ended meanwhile is made anew, with one line that says why; one that is in use never is."""

from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from leasehold import Run, RunExistsError
from leasehold.contract import RUN_LABEL
from leasehold.runs import name_locks

from .gated import INI, PASSING, session
from .support import PROJECT, PROJECTS, leasehold

PROGRAM = PROJECTS / "short_terms"


@pytest.fixture
def kept(new_name: Callable[[], str]) -> Run:
    return Run.create(new_name(), program=PROGRAM, keep=True)


def stop(engine: docker.DockerClient, run: str, *parts: str) -> None:
    """Have servers end, as they do when their engine is started again."""
    for container in engine.containers.list(filters={"label": f"{RUN_LABEL}={run}"}):
        if not parts or str(container.name).rpartition("-")[2] in parts:
            container.kill()


def state(run: str) -> str:
    rows = [line for line in leasehold("list").stdout.splitlines() if f" {run} " in line]
    return rows[0].split("│")[2].strip()


def test_one_whose_servers_have_stopped(kept: Run, engine: docker.DockerClient) -> None:
    with pytest.raises(RunExistsError):
        Run.create(kept.name, program=PROGRAM)
    stop(engine, kept.name, "broker")
    assert state(kept.name) == "incomplete"
    with pytest.raises(RunExistsError):
        Run.create(kept.name, program=PROGRAM)  # somebody may be in the database still
    stop(engine, kept.name)
    assert state(kept.name) == "stopped"
    with pytest.raises(RunExistsError):
        Run.create(kept.name, program=PROJECT)  # another project's
    done = leasehold("up", kept.name, "--program", str(PROGRAM))
    assert done.returncode == 0, done.stderr
    assert f"Run '{kept.name}' is made anew: its servers have stopped" in " ".join(done.stderr.split())
    assert state(kept.name) == "up"
    again = name_locks.find(kept.name)
    assert again
    assert kept.name_lock
    assert again.id != kept.name_lock.id


def test_a_session_makes_it_anew_once(tmp_path: Path, new_name: Callable[[], str], engine: docker.DockerClient) -> None:
    run = new_name()
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_passing.py").write_text(PASSING)
    first = session(tmp_path, f"--leasehold-run={run}")
    assert "6 passed" in first.stdout, first.stdout
    assert "made anew" not in first.stdout
    stop(engine, run)
    second = session(tmp_path, f"--leasehold-run={run}", "-n", "2")
    assert "6 passed" in second.stdout, second.stdout
    assert second.stdout.count(f"leasehold: Run '{run}' is made anew: its servers have stopped") == 1
