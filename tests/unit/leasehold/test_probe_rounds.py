"""A probe's rounds: a way that is declared is looked for while more is found; one that is not has to be there twice."""

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from leasehold.proofs.probe.matrix import Target, Try
from leasehold.proofs.probe.rounds import settle

WAY = Try("broker", Target("database", "database", 5432))
OTHER = Try("gateway", Target("broker", "broker", 8200))
HOLE = Try("outsider", Target("database", "database", 5432))


class Network:
    """Answers each try with what was given for it, one answer a time, the last one for ever."""

    def __init__(self, **answers: Iterable[bool]) -> None:
        self.answers = {"way": [True], "other": [True], "hole": [False], **{k: list(v) for k, v in answers.items()}}
        self.rounds: list[Sequence[Try]] = []

    def tried(self, tries: Sequence[Try]) -> dict[Try, bool]:
        self.rounds.append(tries)
        return {one: self._answer({WAY: "way", OTHER: "other", HOLE: "hole"}[one]) for one in tries}

    def _answer(self, name: str) -> bool:
        given = self.answers[name]
        return given.pop(0) if len(given) > 1 else given[0]


def violations(network: Network) -> list[str]:
    return [str(cell) for cell in settle([WAY, OTHER, HOLE], network.tried) if not cell.as_declared]


def test_what_is_as_declared_is_tried_once() -> None:
    network = Network()
    assert violations(network) == []
    assert network.rounds == [[WAY, OTHER, HOLE]]


def test_only_what_is_amiss_is_tried_again() -> None:
    network = Network(way=[False, True])
    assert violations(network) == []
    assert network.rounds[1:] == [[WAY], [HOLE]]


def test_a_hole_that_a_starved_machine_did_not_find_at_first_is_found() -> None:
    assert violations(Network(way=[False, True], hole=[False, True])) == [
        "outsider reaches database (database:5432/tcp)"
    ]
    assert violations(Network(way=[False, True], hole=[False, True, False])) == []


def test_a_way_that_a_starved_machine_does_not_find_twice_is_found_later() -> None:
    assert violations(Network(way=[False, False, False, True], other=[False, False, True])) == []


def test_a_way_that_is_never_found_is_named_after_some_rounds() -> None:
    network = Network(way=[False])
    assert violations(network) == ["broker does not reach database (database:5432/tcp)"]
    assert 3 <= len(network.rounds) <= 10


def test_a_way_that_should_not_be_there_has_to_be_there_twice() -> None:
    assert violations(Network(hole=[True, False])) == []
    assert violations(Network(hole=[True, True])) == ["outsider reaches database (database:5432/tcp)"]


def test_a_hole_that_was_there_twice_is_no_longer_tried_away() -> None:
    """However often something else is tried again: what flickers must not be given more chances to look shut."""
    network = Network(hole=[True, True, False], way=[False, False, False, True])
    assert violations(network) == ["outsider reaches database (database:5432/tcp)"]


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.lists(st.booleans(), min_size=1, max_size=40))
def test_rounds_end_and_tell_the_truth_of_what_they_found(way: list[bool], other: list[bool]) -> None:
    network = Network(way=way, other=other)
    cells = {(one.source, one.target): one.reached for one in settle([WAY, OTHER, HOLE], network.tried)}
    made = sum(WAY in tries for tries in network.rounds)
    answers = [*way, *[way[-1]] * made][:made]
    assert cells[WAY.source, WAY.target] == any(answers)
