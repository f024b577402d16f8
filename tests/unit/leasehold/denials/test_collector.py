"""What is collected of lines that followers give."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from leasehold import statements
from leasehold.denials import collector
from leasehold.denials.collector import Collector, Use

from .facts import LEASE, OTHER
from .logs import authorized, denied, feed, login, mark, sent


def test_it_follows_each_server_and_tells_what_went_wrong(collected: Collector) -> None:
    followers: list[Any] = list(collected._followers)
    assert [one.container for one in followers] == [f"leasehold-t-{part}" for part in ("database", "broker", "door")]
    assert {one.since for one in followers} == {5}
    assert collected.faults == ["leasehold-t-door broke off"]
    collected.close()
    assert all(one.closed for one in followers)


def test_refusals_and_marks_have_their_places(collected: Collector) -> None:
    feed(collected, *denied("permission denied for table a", "TABLE a"), *mark("m1"))
    feed(collected, *denied("permission denied for table b", "TABLE b"), *mark("m2"))
    first, second = collected.take()
    begin, end = collected.position("database", "m1"), collected.position("database", "m2")
    assert begin is not None
    assert end is not None
    assert first.position < begin < second.position < end
    assert collected.take() == []
    assert collected.position("broker", "m1") is None
    assert collected.position("database", "m3") is None


def test_waiting_for_marks(collected: Collector) -> None:
    assert collected.wait([], 0)
    assert not collected.wait([("database", "m1")], 0.01)
    feed(collected, *mark("m1"))
    assert collected.wait([("database", "m1")], 0)
    assert not collected.wait([("database", "m1"), ("broker", "m1")], 0.01)
    later = threading.Timer(0.05, lambda: feed(collected, *mark("m2")))
    later.start()
    assert collected.wait([("database", "m1"), ("database", "m2")], 5)
    later.join()


def test_what_still_waits_is_told_at_the_end(collected: Collector) -> None:
    feed(collected, *login("this lease has ended", "28000"))
    assert collected.take() == []
    collected.close()
    assert len(collected.take()) == 1


def test_how_logins_were_used(collected: Collector) -> None:
    feed(collected, *authorized(), *authorized(), *authorized(OTHER), *mark("m"))
    when = datetime(2026, 11, 24, 18, 18, 7, 741000, UTC)
    assert collected.uses == {LEASE: Use(2, when), OTHER: Use(1, when)}


def test_statements_are_kept_up_to_a_bound(collected: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_STATEMENTS", 2)
    feed(collected, *sent("TABLE a"), *sent("TABLE b"), *sent("TABLE a", OTHER), *mark("m"))
    assert collected.statements == {LEASE: {"TABLE a", "TABLE b"}, OTHER: {"TABLE a"}}
    assert collected.complete
    feed(collected, *sent("TABLE c"), *sent("TABLE b", OTHER), *mark("n"))
    assert collected.statements == {LEASE: {"TABLE a", "TABLE b"}, OTHER: {"TABLE a", "TABLE b"}}
    assert not collected.complete


def test_a_statement_full_of_data_is_not_kept(collected: Collector) -> None:
    feed(collected, *sent("VALUES ('" + "x" * statements.LONGEST + "')"), *mark("m"))
    assert (collected.statements, collected.complete) == ({}, False)
