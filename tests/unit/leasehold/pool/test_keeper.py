"""A keeper keeps runs ready, hands each to one session, and leaves none."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from leasehold.errors import EngineError, LeaseholdError, RunError
from leasehold.inputs import ProgramInputs
from leasehold.pool import keeper as keeping
from leasehold.pool.keeper import FAILURES, NONE_READY, Keeper
from leasehold.pool.protocol import Asker, HopelessError, Warm

READ = ProgramInputs((), "")


class Runs:
    """Runs in memory, as a keeper sees them."""

    def __init__(self) -> None:
        self.made: list[Warm] = []
        self.there: list[str] = []
        self.unfits: dict[str, str] = {}
        self.answers = True
        self.others: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.errors: list[LeaseholdError] = []
        self.held: list[str] = []
        self.old = ""
        self.takers: dict[str, str] = {}
        self.tidied = 0
        self.stopped = threading.Event()

    def make(self) -> Warm:
        if self.errors:
            raise self.errors.pop(0)
        run = Warm(f"pool-{len(self.made)}", f"lock-{len(self.made)}", {"run": len(self.made)}, READ, 0, 3600)
        self.made.append(run)
        self.there.append(run.name)
        return run

    def stop(self) -> None:
        self.stopped.set()

    def mark_ready(self, run: Warm) -> None:
        if run.name not in self.there:
            raise RunError("it is gone")

    def outdated(self) -> str:
        return self.old

    def unfit(self, run: Warm) -> str:
        if not self.answers:
            raise EngineError("the engine does not answer")
        return self.unfits.get(run.name, "")

    def other(self, run: Warm, asker: Asker) -> str:
        return self.others.get(run.name, "")

    def taken(self, run: Warm, asker: Asker) -> bool:
        return self.owners.get(run.name) == asker.session

    def taker(self, run: Warm) -> str:
        return self.takers.get(run.name, "")

    def tidy(self) -> None:
        self.tidied += 1

    def discard(self, run: Warm) -> None:
        if run.name in self.held:
            self.held.remove(run.name)
            raise LeaseholdError("the engine is gone")
        if run.name in self.there:
            self.there.remove(run.name)

    def over(self, run: Warm) -> bool:
        return run.name not in self.there


@pytest.fixture
def runs() -> Runs:
    return Runs()


@contextmanager
def at_work(keeper: Keeper) -> Iterator[None]:
    thread = threading.Thread(target=keeper.work)
    thread.start()
    try:
        yield
    finally:
        keeper.stop()
        thread.join()
        keeper.end()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAUSE", 0.001)
    monkeypatch.setattr(keeping, "CALM", 0.001)


def wait(keeper: Keeper, until: Callable[[], bool]) -> None:
    with keeper._turn:
        while not until():
            keeper._turn.wait(0.001)


def asks(keeper: Keeper, session: str = "s", *, takes: bool = True) -> dict[str, Any]:
    """Ask for a run as a session does, and make it its own."""
    answer, settle = keeper.answer({"session": session, "owner": {}, "shell": {}})
    runs: Any = keeper._runs
    if takes and answer.get("name") in runs.there:
        runs.owners[answer["name"]] = session
    settle()
    return answer


def test_as_many_are_ready_as_were_asked_for_and_none_is_left(runs: Runs) -> None:
    keeper = Keeper(3, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 3)
        assert keeper.answer({})[0] == {"ready": ["pool-0", "pool-1", "pool-2"], "size": 3, "handed_out": 0}
    assert (len(runs.made), runs.there) == (3, [])


def test_each_session_gets_one_of_its_own_and_the_pool_fills_up(runs: Runs) -> None:
    keeper = Keeper(2, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 2)
        assert asks(keeper, "one") == {"name": "pool-0", "outputs": {"run": 0}}
        assert asks(keeper, "two") == {"name": "pool-1", "outputs": {"run": 1}}
        wait(keeper, lambda: len(keeper._ready) == 2)
    assert runs.owners == {"pool-0": "one", "pool-1": "two"}
    assert runs.there == ["pool-0", "pool-1"]  # they are the sessions'


def test_what_somebody_has_taken_by_himself_is_replaced_and_stays(runs: Runs) -> None:
    keeper = Keeper(2, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 2)
        runs.takers["pool-1"] = "job"
        runs.unfits["pool-1"] = "its lock is another's"  # who has it decides what becomes of it
        wait(keeper, lambda: [run.name for run in keeper._ready] == ["pool-0", "pool-2"])
        assert keeper.answer({})[0] == {"ready": ["pool-0", "pool-2"], "size": 2, "handed_out": 1}
    assert runs.there == ["pool-1"]
    assert runs.tidied > 0


def test_all_processes_of_a_session_get_the_same(runs: Runs) -> None:
    keeper = Keeper(2, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 2)
        assert asks(keeper, "one") == asks(keeper, "one")


def test_nothing_is_made_while_a_session_starts(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(keeping, "steady", lambda: clock[0])
    keeper = Keeper(1, runs, 1000)
    looked: list[int] = []
    monkeypatch.setattr(keeper, "_look", lambda: looked.append(len(runs.made)))
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        asks(keeper)
        looked.clear()
        wait(keeper, lambda: len(looked) > 3)
        assert set(looked) == {1}
        clock[0] += 1
        wait(keeper, lambda: len(runs.made) == 2)


def test_what_has_ended_is_forgotten(runs: Runs) -> None:
    keeper = Keeper(1, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        asks(keeper)
        runs.there.remove("pool-0")
        wait(keeper, lambda: not keeper._given)


def test_who_comes_too_early_is_told(runs: Runs) -> None:
    assert asks(Keeper(1, runs, 1000)) == {"none": NONE_READY}


def test_an_engine_that_does_not_answer_costs_no_run(runs: Runs) -> None:
    keeper = Keeper(1, runs, idle=999)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        runs.answers, tidied = False, runs.tidied
        wait(keeper, lambda: runs.tidied > tidied + 2)
        assert asks(keeper) == {"none": "the engine does not answer"}
        runs.answers = True
        assert asks(keeper)["name"] == "pool-0"


def test_what_is_unfit_is_not_handed_out_and_made_anew(runs: Runs) -> None:
    keeper = Keeper(1, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        with keeper._turn:
            runs.unfits["pool-0"] = "the program has changed"
            assert asks(keeper) == {"none": "the program has changed"}
        wait(keeper, lambda: [run.name for run in keeper._ready] == ["pool-1"])
        wait(keeper, lambda: "pool-0" not in runs.there)


def test_runs_that_nobody_gets_are_made_ever_more_seldom(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a program that reads what changes all the time."""
    clock = [100.0]
    monkeypatch.setattr(keeping, "CALM", 5.0)
    monkeypatch.setattr(keeping, "steady", lambda: clock[0])
    keeper = Keeper(1, runs, 100_000)
    with at_work(keeper):
        for pause in (5, 15, 35, 75, 155, 315, 315):
            wait(keeper, lambda: len(keeper._ready) == 1)
            runs.unfits[runs.made[-1].name] = "a file has changed"
            wait(keeper, lambda: not runs.there)
            clock[0] += pause - 1
            assert not keeper._is_calm
            clock[0] += 1


def test_what_another_session_may_use_stays(runs: Runs) -> None:
    keeper = Keeper(1, runs, 1000)
    runs.others["pool-0"] = "DOCKER_HOST is another one"
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        assert asks(keeper) == {"none": "DOCKER_HOST is another one"}
        runs.others.clear()
        assert asks(keeper)["name"] == "pool-0"


def test_what_a_session_did_not_take_is_offered_to_the_next(runs: Runs) -> None:
    keeper = Keeper(1, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        assert asks(keeper, "gone", takes=False)["name"] == "pool-0"
        assert asks(keeper, "next")["name"] == "pool-0"
    assert runs.owners == {"pool-0": "next"}


def test_what_is_offered_to_one_is_offered_to_nobody_else(runs: Runs) -> None:
    keeper = Keeper(2, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 2)
        first, settle = keeper.answer({"session": "one", "owner": {}, "shell": {}})
        assert asks(keeper, "two")["name"] != first["name"]
        settle()
    assert runs.there == ["pool-1"]


def test_a_run_that_could_not_be_made_is_tried_again(runs: Runs) -> None:
    runs.errors = [RunError("no"), RunError("no")]
    told: list[str] = []
    keeper = Keeper(1, runs, 1000, told.append)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
    assert (told[:2], keeper.error) == (["no", "no"], "")


@pytest.mark.parametrize(("errors", "tried"), [([RunError("no")] * 9, FAILURES), ([HopelessError("never")] * 9, 1)])
def test_it_gives_up_and_says_why(runs: Runs, errors: list[LeaseholdError], tried: int) -> None:
    runs.errors = [*errors]
    keeper = Keeper(1, runs, 1000)
    keeper.work()
    keeper.end()
    assert (keeper.error, len(runs.errors)) == (str(errors[0]), 9 - tried)


def test_it_stops_when_nobody_asks(runs: Runs) -> None:
    keeper = Keeper(1, runs, 0)
    keeper.work()
    keeper.end()
    assert (len(runs.made), runs.there, keeper.error) == (1, [], "")


def test_it_stops_when_nobody_can_want_what_it_makes(runs: Runs) -> None:
    runs.old = "Leasehold has changed."
    told: list[str] = []
    Keeper(1, runs, 1000, told.append).work()
    assert (told, runs.made) == (["Leasehold has changed."], [])


def test_it_stops_when_it_is_asked_to(runs: Runs) -> None:
    keeper = Keeper(1, runs, 1000)
    with at_work(keeper):
        assert keeper.answer({"stop": True})[0] == {"stopping": True}
        assert runs.stopped.is_set()


def test_what_could_not_be_destroyed_is_tried_again(runs: Runs) -> None:
    keeper = Keeper(1, runs, 1000)
    with at_work(keeper):
        wait(keeper, lambda: len(keeper._ready) == 1)
        runs.held = ["pool-0", "pool-0"]
        runs.unfits["pool-0"] = "its servers have stopped"
        wait(keeper, lambda: "pool-0" not in runs.there)
    assert runs.there == []
