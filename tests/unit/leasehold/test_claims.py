import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from leasehold import RunExistsError, claims, processes
from leasehold.processes import Helper, Process, running, this_process


def ended_process() -> Process:
    child = subprocess.Popen(["true"])
    child.wait()
    return replace(this_process(), pid=child.pid)


def test_a_name_is_claimed_once(state: Path) -> None:
    claim = claims.acquire("a", "/project")
    assert claims.find("a") == claim
    with pytest.raises(RunExistsError, match=rf"created by \w+, process {claim.process.pid} on .*, \d+ s ago"):
        claims.acquire("a", "/project")
    claims.release("a")
    assert claims.find("a") is None
    claims.acquire("a", "/project")


def test_claims_are_this_users_alone(state: Path) -> None:
    claims.acquire("a", "")
    assert (state / "runs").stat().st_mode & 0o077 == 0


def test_a_claim_is_abandoned_when_its_process_is_gone_and_it_is_not_kept(state: Path) -> None:
    assert not claims.acquire("mine", "").abandoned
    claim = claims.acquire("gone", "", ended_process())
    assert claim.abandoned
    assert not claims.keep(claim).abandoned
    assert [found.name for found in claims.every() if found.abandoned] == []


def test_a_claim_that_cannot_be_read_is_nobodys_but_still_in_the_way(state: Path) -> None:
    claims.acquire("a", "")
    (state / "runs" / "a.json").write_text("{")
    assert claims.find("a") is None
    with pytest.raises(RunExistsError, match="created by somebody"):
        claims.acquire("a", "")


def test_only_the_dead_leave_claims_half_written(state: Path) -> None:
    claims.acquire("a", "")
    (state / "runs" / f".a.{this_process().pid}").touch()
    dead = state / "runs" / f".a.{ended_process().pid}"
    dead.touch()
    assert claims.half_written("a") == [dead]


def test_turns_are_cleared_when_nobody_claims_the_name(state: Path) -> None:
    with claims.one_at_a_time("a"):
        claims.clear_turns()
        assert (state / "runs" / "a.turn").exists(), "somebody is at it"
    claims.acquire("b", "")
    with claims.one_at_a_time("b"):
        pass
    claims.clear_turns()
    assert list((state / "runs").glob("*.turn")) == [], "a turn that is over leaves no file"
    (state / "runs" / "a.down").touch()  # as a killed process leaves it
    (state / "runs" / "b.turn").touch()
    claims.clear_turns()
    assert [path.name for path in (state / "runs").glob("*.[td]*")] == ["b.turn"]


def test_one_at_a_time(state: Path) -> None:
    at_it: list[int] = []

    def take_a_turn(number: int) -> int:
        with claims.one_at_a_time("a", claims.TEARDOWN):
            at_it.append(number)
            time.sleep(0.01)
            here = len(at_it)
            at_it.remove(number)
        return here

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(take_a_turn, range(24))) == {1}


def test_turns_of_different_kinds_do_not_wait_for_each_other(state: Path) -> None:
    with claims.one_at_a_time("a"), claims.one_at_a_time("a", claims.TEARDOWN), claims.one_at_a_time("b"):
        assert len(list((state / "runs").iterdir())) == 3


def test_a_process_that_nobody_has_asked_how_it_ended_is_gone() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        assert running(process.pid)
        began = time.monotonic()
        Helper(process.pid, "sleep").end()
        assert Path(f"/proc/{process.pid}").exists(), "it is a zombie"
        assert not running(process.pid)
        assert time.monotonic() - began < processes._PATIENCE, "it did not wait for what does not come"


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({}, False),
        ({"started": 1}, True),
        ({"boot_id": "another"}, True),
        ({"boot_id": ""}, False),
        ({"host": "another", "pid": 1, "started": 1}, False),
    ],
)
def test_a_process_is_provably_gone(change: dict[str, object], gone: bool) -> None:
    assert replace(this_process(), **change).provably_gone is gone  # type: ignore[arg-type]
