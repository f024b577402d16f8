"""The ledger: every line once, whatever happens to who writes it."""

import json
import threading
from pathlib import Path

import pytest

from leasehold.denials.session_log import Ledger, Reader, folder_of

pytestmark = pytest.mark.usefixtures("state")


def test_each_line_is_read_once_and_in_order() -> None:
    ledger, reader = Ledger("s", "gw0"), Reader("s")
    assert list(reader.new()) == []
    ledger.write("test", test="a")
    ledger.write("mark", mark="m")
    first = list(reader.new())
    assert [(told["is"], told["worker"]) for told in first] == [("test", "gw0"), ("mark", "gw0")]
    assert first[0]["test"] == "a"
    assert first[0]["at"] <= first[1]["at"]
    assert list(reader.new()) == []
    ledger.write("test", test="ü")
    assert [told["test"] for told in reader.new()] == ["ü"]
    ledger.close()


def test_a_line_that_is_cut_off_is_left_for_later() -> None:
    ledger, reader = Ledger("s", "gw0"), Reader("s")
    ledger.write("test", test="a")
    whole = json.dumps({"is": "test", "test": "b"}) + "\n"
    path = folder_of("s") / "gw0.jsonl"
    with path.open("a") as file:
        file.write(whole[:9])
    assert [told["test"] for told in reader.new()] == ["a"]
    assert list(reader.new()) == []
    with path.open("a") as file:
        file.write(whole[9:])
    assert [told["test"] for told in reader.new()] == ["b"]
    ledger.close()


def test_a_reader_that_stops_in_the_middle_goes_on_there() -> None:
    ledger, reader = Ledger("s", ""), Reader("s")
    for test in "abc":
        ledger.write("test", test=test)
    assert next(reader.new())["test"] == "a"
    assert [told["test"] for told in reader.new()] == ["b", "c"]
    ledger.close()


def test_several_write_at_once() -> None:
    ledgers = [Ledger("s", worker) for worker in ("", "gw0", "gw1")]

    def write(ledger: Ledger, thread: int) -> None:
        for number in range(50):
            ledger.write("test", test=f"{thread}-{number}", long="x" * 5000)

    threads = [threading.Thread(target=write, args=(ledger, thread)) for ledger in ledgers for thread in range(3)]
    for thread in threads:
        thread.start()
    reader, told = Reader("s"), []
    while any(thread.is_alive() for thread in threads):
        told += list(reader.new())
    told += list(reader.new())
    assert len(told) == len({(one["worker"], one["test"]) for one in told}) == 450
    for ledger in ledgers:
        ledger.close()


def test_it_is_nobody_elses_and_goes(state: Path) -> None:
    ledger = Ledger("s", "gw0")
    folder = folder_of("s")
    assert folder.is_relative_to(state)
    assert (folder.stat().st_mode & 0o777, (folder / "gw0.jsonl").stat().st_mode & 0o777) == (0o700, 0o600)
    ledger.close()
    Reader("s").remove()
    assert not folder.exists()
    Reader("s").remove()
    assert list(Reader("s").new()) == []
