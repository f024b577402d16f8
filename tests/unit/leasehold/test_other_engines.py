"""A run that was made on another engine than the shell names now: nobody takes it for gone, and nobody touches it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from leasehold.cli.runs import list_
from leasehold.contract import EXPIRES_LABEL, MAX_TERM, NAME_LOCK_LABEL, RUN_LABEL
from leasehold.engines.current import use
from leasehold.engines.memory import NETWORK, SERVER, MemoryEngine
from leasehold.errors import EngineError, RunExistsError
from leasehold.pulumi.programs import Source
from leasehold.runs import name_locks, sweep
from leasehold.runs.acquire import lock_name
from leasehold.runs.name_lock import NameLock
from leasehold.runs.other_engines import made_elsewhere
from leasehold.runs.processes import this_process
from leasehold.runs.teardown import tear_down

GONE = replace(this_process(), started=1)


@pytest.fixture
def elsewhere(state: Path) -> MemoryEngine:
    return MemoryEngine("socket of another")


@pytest.fixture(autouse=True)
def here(elsewhere: MemoryEngine) -> Iterator[MemoryEngine]:
    made = MemoryEngine("socket of this")
    with use(made):
        yield made


def made_on(engine: MemoryEngine, name: str, *, kept: bool = True) -> NameLock:
    with use(engine):
        made = lock_name(name, Source(), None if kept else GONE)
        labels = {RUN_LABEL: name, NAME_LOCK_LABEL: made.id, EXPIRES_LABEL: str(1 << 40)}
        engine.put(SERVER, name, labels)
    return name_locks.keep(made) if kept else made


def test_it_is_known_by_the_engines_id_not_by_its_address(here: MemoryEngine, elsewhere: MemoryEngine) -> None:
    mine, others = made_on(here, "mine"), made_on(elsewhere, "others")
    assert made_elsewhere(mine) == ""
    assert made_elsewhere(others) == "socket of another"
    here.id = elsewhere.id  # another way to the same engine
    assert made_elsewhere(others) == ""


def test_down_touches_nothing_and_says_where_it_is(elsewhere: MemoryEngine) -> None:
    made = made_on(elsewhere, "others")
    with pytest.raises(EngineError, match=r"on another engine \(socket of another\).*nothing was touched"):
        tear_down(made)
    assert name_locks.find("others") == made
    assert elsewhere.every()
    with use(elsewhere):
        assert tear_down(made).left.empty


def test_sweep_and_up_leave_it(elsewhere: MemoryEngine) -> None:
    made_on(elsewhere, "killed", kept=False)
    assert sweep.candidates() == {}
    sweep.clear_killed(pytest.fail)
    with pytest.raises(RunExistsError, match=r"'killed' already, on another engine \(socket of another\)"):
        lock_name("killed", Source(), None)
    with use(elsewhere):
        assert set(sweep.candidates()) == {"killed"}


def test_list_says_so(here: MemoryEngine, elsewhere: MemoryEngine, capsys: pytest.CaptureFixture[str]) -> None:
    mine = made_on(here, "mine")
    made_on(elsewhere, "others")
    for one in here.every():
        here.remove(one)
    here.put(NETWORK, "mine", {RUN_LABEL: "mine", NAME_LOCK_LABEL: mine.id})  # `docker container prune` leaves those
    list_(json=True)
    rows = {row["run"]: (row["state"], row["engine"]) for row in json.loads(capsys.readouterr().out)}
    assert rows == {"mine": ("gone", "socket of this"), "others": ("on another engine", "socket of another")}


def test_one_that_is_older_than_any_term_is_cleared(elsewhere: MemoryEngine) -> None:
    made = made_on(elsewhere, "old")
    name_locks.change(made, created=made.created - MAX_TERM - 1)
    assert [(one.run, one.error) for one in sweep.sweep()] == [("old", "")]
    assert name_locks.find("old") is None


def test_another_engine_at_the_same_address(here: MemoryEngine) -> None:
    """The engine was set up anew; or the address leads elsewhere now, and what is there ends with its term."""
    made = made_on(here, "mine")
    anew = MemoryEngine("socket of this")
    with use(anew):
        assert made_elsewhere(made) == ""
        assert tear_down(made).notes == [
            "the engine at socket of this is another than the one it was made on: what that one may have of it ends "
            "with its term",
            "it had no stack",
        ]
