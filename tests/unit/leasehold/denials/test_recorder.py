"""What a process tells of its tests: the marks that stand in the logs, each once, and which of them ends a phase."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from leasehold.databases.clones import Databases
from leasehold.denials.session_log import Reader, has_run
from leasehold.denials.sources.entries import MARK
from leasehold.denials.sources.log_reader import Position
from leasehold.pytest_plugin import recorder as recording
from leasehold.pytest_plugin.recorder import Recorder
from leasehold.runs.run import Run

pytestmark = pytest.mark.usefixtures("state")


class Server:
    """Stands for the database: keeps the marks that it is sent."""

    def __init__(self) -> None:
        self.marks: list[str] = []

    def mark(self, name: str) -> None:
        self.marks.append(name)


@pytest.fixture
def server() -> Server:
    return Server()


def item(test: str) -> pytest.Item:
    return cast(pytest.Item, SimpleNamespace(nodeid=test, iter_markers=lambda name: []))


@pytest.fixture
def recorder(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """A recorder at a test that holds a lease; its first mark is forgotten."""
    monkeypatch.setattr(recording, "ends_of_logs", lambda run: {"database": Position("7", 5), "broker": None})
    issuer = SimpleNamespace(watchers=[], mark=server.mark)
    run = SimpleNamespace(name="t-1", outputs=SimpleNamespace(database="app", roles={}), issuer=issuer)
    recorder = Recorder("s", "gw0", wanted=True)
    recorder.begin(item("a"))
    recorder.open(cast(Run, run), cast(Databases, server))
    server.marks.clear()
    recorder.taken(cast(Any, SimpleNamespace(role="reader", user="reader_x", term=600)))
    yield recorder
    recorder.close()


def ends() -> dict[str, str]:
    """Return the marks that end phases, as the session log tells."""
    return {line["phase"]: MARK + line["mark"] for line in Reader("s").new() if line["is"] == "mark"}


def test_each_phase_ends_at_a_mark_of_its_own(recorder: Recorder, server: Server) -> None:
    for phase in ("setup", "call", "teardown"):
        assert recorder.end_phase(phase) == [("database", server.marks[-1].removeprefix(MARK))]
    assert list(ends().values()) == server.marks
    assert len(set(server.marks)) == 3


def test_the_mark_in_the_last_statement_ends_the_test(recorder: Recorder, server: Server) -> None:
    last = recorder.last_mark()
    recorder.marked(last, "leasehold_database")
    recorder.torn_down("leasehold_database")
    assert recorder.end_phase("teardown") == [("database", last.removeprefix(MARK))]
    assert ends() == {"teardown": last}
    assert server.marks == []


def test_a_fixture_that_ends_later_moves_the_end_to_a_mark_that_does_not_stand_there_yet(
    recorder: Recorder, server: Server
) -> None:
    """Whoever waits for a mark that stands there already reads no further, and misses what came between."""
    last = recorder.last_mark()
    recorder.marked(last, "leasehold_database")
    recorder.torn_down("leasehold_database")
    recorder.torn_down("whatever_was_made_before_it")
    [(_, mark)] = recorder.end_phase("teardown")
    assert MARK + mark != last
    assert [MARK + mark] == server.marks == list(ends().values())


def test_a_phase_that_is_run_again_ends_at_another_mark(recorder: Recorder) -> None:
    assert recorder.end_phase("call") != recorder.end_phase("call")


def test_marks_around_a_block_are_others_too(recorder: Recorder, server: Server) -> None:
    around = [MARK + recorder.mark(), MARK + recorder.mark()]
    recorder.end_phase("call")
    assert set(around) < set(server.marks)
    assert set(ends().values()).isdisjoint(around)


def test_the_first_process_tells_where_the_logs_ended(recorder: Recorder) -> None:
    [told] = [line for line in Reader("s").new() if line["is"] == "run"]
    assert told["ends"] == {"database": {"file": "7", "offset": 5, "head": ""}, "broker": None}
    assert has_run("s")
    assert not has_run("another")


def test_before_the_first_lease_no_mark_is_needed(server: Server) -> None:
    recorder = Recorder("s", "gw0", wanted=True)
    assert recorder.end_phase("setup") == []
    assert recorder.last_mark() == ""
    assert server.marks == []
