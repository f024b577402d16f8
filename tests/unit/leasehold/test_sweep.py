"""Who is swept: runs whose term is over, and runs of dead processes; never another."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from leasehold import claims, engine, sweep
from leasehold.engine import Inventory
from leasehold.processes import this_process


def inventory(expires_in: float) -> Inventory:
    return Inventory(containers=("c",), running=1, owner="somebody", expires=time.time() + expires_in)


def runs_on_the_engine(monkeypatch: pytest.MonkeyPatch, **runs: Inventory) -> None:
    monkeypatch.setattr(engine, "take_inventories", lambda: runs)


def claim(name: str, *, dead: bool) -> claims.Claim:
    child = subprocess.Popen(["true"])
    child.wait()
    return claims.acquire(name, "", replace(this_process(), pid=child.pid) if dead else None)


def test_only_what_nobody_will_come_back_for(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs_on_the_engine(
        monkeypatch,
        over=inventory(-1),
        anothers=inventory(60),
        mine=inventory(60),
        kept=inventory(60),
        killed=inventory(60),
    )
    claim("mine", dead=False)
    claims.keep(claim("kept", dead=True))
    claim("killed", dead=True)
    claim("unborn", dead=True)
    assert set(sweep.candidates()) == {"over", "killed", "unborn"}


def test_a_kept_run_that_is_long_gone(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs_on_the_engine(monkeypatch)
    claims.keep(replace(claim("old", dead=True), created=time.time() - sweep.LONGEST_TERM - 1))
    claims.keep(claim("young", dead=True))
    assert set(sweep.candidates()) == {"old"}
