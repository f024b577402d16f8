"""The session log: every line once, whatever happens to who writes it."""

import json
import threading
from pathlib import Path

import pytest

from leasehold.denials.session_log import Reader, SessionLog, folder_of

pytestmark = pytest.mark.usefixtures("state")


def test_each_line_is_read_once_and_in_order() -> None:
    session_log, reader = SessionLog("s", "gw0"), Reader("s")
    assert list(reader.new()) == []
    session_log.write("test", test="a")
    session_log.write("mark", mark="m")
    first = list(reader.new())
    assert [(told["is"], told["worker"]) for told in first] == [("test", "gw0"), ("mark", "gw0")]
    assert first[0]["test"] == "a"
    assert first[0]["at"] <= first[1]["at"]
    assert list(reader.new()) == []
    session_log.write("test", test="ü")
    assert [told["test"] for told in reader.new()] == ["ü"]
    session_log.close()


def test_a_line_that_is_cut_off_is_left_for_later() -> None:
    session_log, reader = SessionLog("s", "gw0"), Reader("s")
    session_log.write("test", test="a")
    whole = json.dumps({"is": "test", "test": "b"}) + "\n"
    path = folder_of("s") / "gw0.jsonl"
    with path.open("a") as file:
        file.write(whole[:9])
    assert [told["test"] for told in reader.new()] == ["a"]
    assert list(reader.new()) == []
    with path.open("a") as file:
        file.write(whole[9:])
    assert [told["test"] for told in reader.new()] == ["b"]
    session_log.close()


def test_a_reader_that_stops_in_the_middle_goes_on_there() -> None:
    session_log, reader = SessionLog("s", ""), Reader("s")
    for test in "abc":
        session_log.write("test", test=test)
    assert next(reader.new())["test"] == "a"
    assert [told["test"] for told in reader.new()] == ["b", "c"]
    session_log.close()


def test_several_write_at_once() -> None:
    ledgers = [SessionLog("s", worker) for worker in ("", "gw0", "gw1")]

    def write(session_log: SessionLog, thread: int) -> None:
        for number in range(50):
            session_log.write("test", test=f"{thread}-{number}", long="x" * 5000)

    threads = [
        threading.Thread(target=write, args=(session_log, thread)) for session_log in ledgers for thread in range(3)
    ]
    for thread in threads:
        thread.start()
    reader, told = Reader("s"), []
    while any(thread.is_alive() for thread in threads):
        told += list(reader.new())
    told += list(reader.new())
    assert len(told) == len({(one["worker"], one["test"]) for one in told}) == 450
    for session_log in ledgers:
        session_log.close()


def test_it_is_nobody_elses_and_goes(state: Path) -> None:
    session_log = SessionLog("s", "gw0")
    folder = folder_of("s")
    assert folder.is_relative_to(state)
    assert (folder.stat().st_mode & 0o777, (folder / "gw0.jsonl").stat().st_mode & 0o777) == (0o700, 0o600)
    session_log.close()
    Reader("s").remove()
    assert not folder.exists()
    Reader("s").remove()
    assert list(Reader("s").new()) == []
