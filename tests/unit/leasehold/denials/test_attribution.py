"""Whose a refusal is, and in which phase."""

from typing import Any

import pytest

from leasehold.denials.attribution import Attribution, attribute, is_foreign
from leasehold.denials.model import Phase
from leasehold.denials.session_state import SessionState

from .facts import LEASE, OTHER, Marks, begun, end, lease, line, refusal, session_state

ENDS = [end("a", "setup", at=10), end("a", "call", at=20), end("a", "teardown", at=30)]
MARKS = Marks(a_setup=10, a_call=20, a_teardown=30)


def bound(test: str = "a", login: str = LEASE) -> list[dict[str, Any]]:
    return [lease(login), line("bound", login=login, test=test)]


@pytest.mark.parametrize("clock", [False, True])
@pytest.mark.parametrize(
    ("when", "phase"),
    [(5, Phase.SETUP), (15, Phase.CALL), (25, Phase.TEARDOWN), (35, Phase.AFTER)],
)
def test_the_phase_is_told_by_marks_and_by_clocks_where_there_are_none(when: int, phase: Phase, clock: bool) -> None:
    kept = session_state(begun("a"), *bound(), *ENDS)
    where = {"at": when, "source": "broker"} if clock else {"position": when, "at": 1000}
    assert attribute(refusal(login=LEASE, **where), kept, MARKS) == Attribution("a", phase, "gw0")


@pytest.mark.parametrize(("ended", "phase"), [(0, Phase.SETUP), (1, Phase.CALL), (2, Phase.TEARDOWN)])
def test_a_worker_that_was_killed_leaves_the_phase_that_had_not_ended(ended: int, phase: Phase) -> None:
    kept = session_state(begun("a"), *bound(), *ENDS[:ended])
    assert attribute(refusal(login=LEASE, position=99), kept, MARKS) == Attribution("a", phase, "gw0")


@pytest.mark.parametrize(
    ("fields", "test"),
    [
        ({"login": LEASE, "client_id": "gw0-b", "database": "t_c", "on": "t_d"}, "a"),
        ({"login": OTHER, "client_id": "gw0-b", "database": "t_c", "on": "t_d"}, "b"),
        ({"login": "nobody", "database": "t_c", "on": "t_d"}, "c"),
        ({"login": "nobody", "database": "app", "on": "t_d"}, "d"),
        ({"login": "nobody", "client_id": "of another session"}, "d"),
    ],
)
def test_the_lease_tells_before_the_client_id_before_the_database(fields: dict[str, Any], test: str) -> None:
    databases = [line("database", database="t_c", test="c"), line("database", database="t_d", test="d")]
    kept = session_state(*map(begun, "abcd"), *bound(), lease(OTHER), *databases)
    assert attribute(refusal(**fields), kept, Marks()).test == test


def test_a_test_that_is_run_again_has_its_phases_again() -> None:
    """As plugins do that give a flaky test another chance."""
    again = [line("mark", test="a", phase=phase, mark=f"again-{phase}") for phase in ("setup", "call", "teardown")]
    marks = Marks(a_setup=10, a_call=20, a_teardown=30, again_setup=40, again_call=50, again_teardown=60)
    kept = session_state(begun("a"), *bound(), lease(OTHER), *ENDS)

    def phases(position: int) -> list[Phase]:
        return [attribute(refusal(login=login, position=position), kept, marks).phase for login in (LEASE, OTHER)]

    kept.enter([begun("a")])
    assert (phases(25), phases(35)) == ([Phase.TEARDOWN] * 2, [Phase.SETUP] * 2)
    kept.enter(again[:2])
    assert (phases(45), phases(55)) == ([Phase.CALL] * 2, [Phase.TEARDOWN] * 2)
    kept.enter(again[2:])
    assert phases(65) == [Phase.AFTER, Phase.OUTSIDE]


def two_workers(*more: dict[str, Any]) -> SessionState:
    return session_state(begun("a"), begun("b", "gw1"), *more)


def test_what_only_one_worker_can_have_done_is_its_tests() -> None:
    ended = [end("b", phase, "gw1") for phase in ("setup", "call", "teardown")]
    marks = Marks(b_setup=1, b_call=2, b_teardown=3)
    found = attribute(refusal(position=4), two_workers(*ended), marks)
    assert found == Attribution("a", Phase.SETUP, "gw0", guessed=True)


def test_what_several_workers_can_have_done_has_candidates() -> None:
    found = attribute(refusal(position=4), two_workers(), Marks())
    assert found == Attribution(candidates=["a", "b"], guessed=True)


def test_a_dead_worker_is_at_no_test() -> None:
    kept = two_workers()
    kept.died("gw0", at=50)
    assert attribute(refusal(at=40), kept, Marks()).candidates == ["a", "b"]
    assert attribute(refusal(at=60), kept, Marks()) == Attribution("b", Phase.SETUP, "gw1", guessed=True)


def test_a_lease_for_no_test_is_its_workers() -> None:
    found = attribute(refusal(login=OTHER), two_workers(lease(OTHER, "gw1")), Marks())
    assert found == Attribution("b", Phase.SETUP, "gw1")


def test_what_came_when_nothing_ran_is_of_no_test() -> None:
    assert attribute(refusal(), session_state(), Marks()) == Attribution(guessed=True)
    assert attribute(refusal(position=35), session_state(begun("a"), *ENDS), MARKS) == Attribution(guessed=True)


def test_what_came_before_a_test_began_is_of_the_test_before_only_until_that_ends() -> None:
    kept = session_state(begun("a"), *ENDS, begun("b"))
    assert attribute(refusal(position=25), kept, MARKS) == Attribution("a", Phase.TEARDOWN, "gw0", guessed=True)
    assert attribute(refusal(position=35), kept, MARKS) == Attribution("b", Phase.SETUP, "gw0", guessed=True)


def test_foreign_leases() -> None:
    kept = session_state(lease())
    assert is_foreign(refusal(login=OTHER), kept)
    assert not is_foreign(refusal(login=LEASE), kept)
    assert not is_foreign(refusal(login="postgres"), kept)
    assert not is_foreign(refusal(), kept)
