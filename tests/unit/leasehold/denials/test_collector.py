"""What is collected of the servers' logs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leasehold.databases import statements
from leasehold.denials import collector
from leasehold.denials.collector import Collector, Use
from leasehold.denials.sources.log_reader import Position

from .facts import LEASE, OTHER
from .logs import authorized, denied, feed, mark, said, sent


def readers(collected: Collector) -> dict[str, Any]:
    return {str(source): reader for source, reader in collected._readers.items()}


def test_it_reads_each_server_from_where_it_is_told(collected: Collector) -> None:
    every = readers(collected)
    assert [one.container for one in every.values()] == [
        f"leasehold-t-{part}" for part in ("database", "broker", "gateway")
    ]
    assert [one.position for one in every.values()] == [Position("7", 5), None, None]
    collected.close()
    assert all(one.closed for one in every.values())


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


def test_a_mark_that_its_server_has_yet_to_write_is_asked_for_again(collected: Collector) -> None:
    database = readers(collected)["database"]
    refused = denied("permission denied for table a", "TABLE a")
    database.later = [[], [], refused, [], mark("m1")]
    collected.read([("database", "m1")])
    assert collected.position("database", "m1") == 2
    assert len(collected.take()) == 1
    assert collected.faults == []


def test_a_mark_that_is_never_written_is_a_fault(collected: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "SILENCE", 0.0)
    collected.read([("database", "m1")])
    [fault] = collected.faults
    assert fault.startswith("the database's log has held back a mark for ")


def test_of_a_server_that_has_ended_no_mark_is_awaited(collected: Collector) -> None:
    readers(collected)["database"].ended = True
    collected.read([("database", "m1")])
    assert collected.faults == []


def test_a_log_that_cannot_be_read_is_a_fault_told_once(collected: Collector) -> None:
    readers(collected)["database"].fault = "it is gone"
    collected.read([("database", "m1")])
    collected.read([("database", "m2")])
    assert collected.faults == ["it is gone"]


def test_how_logins_were_used(collected: Collector) -> None:
    feed(collected, *authorized(), *authorized(), *authorized(OTHER))
    when = datetime(2026, 11, 24, 18, 18, 7, 741000, UTC)
    assert collected.uses == {LEASE: Use(2, when), OTHER: Use(1, when)}


def test_a_server_that_begins_anew(collected: Collector) -> None:
    feed(collected, *mark("m1"), *said("LOG", "starting PostgreSQL 18.1 on x86_64", user=""), *mark("m2"))
    before, after = (collected.position("database", mark) for mark in ("m1", "m2"))
    assert not collected.restarted("database", before or 0)
    assert collected.restarted("database", after or 0)
    assert not collected.restarted("broker", 100)
    assert len(collected.starts["database"]) == 1


def test_statements_are_kept_up_to_a_bound(collected: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_STATEMENTS", 2)
    feed(collected, *sent("TABLE a"), *sent("TABLE b"), *sent("TABLE a", OTHER))
    assert collected.statements == {LEASE: {"TABLE a", "TABLE b"}, OTHER: {"TABLE a"}}
    assert collected.complete
    feed(collected, *sent("TABLE c"), *sent("TABLE b", OTHER))
    assert collected.statements == {LEASE: {"TABLE a", "TABLE b"}, OTHER: {"TABLE a", "TABLE b"}}
    assert not collected.complete


def test_a_statement_full_of_data_is_not_kept(collected: Collector) -> None:
    feed(collected, *sent("VALUES ('" + "x" * statements.LONGEST + "')"))
    assert (collected.statements, collected.complete) == ({}, False)
