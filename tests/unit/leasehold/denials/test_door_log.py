"""Connections that nobody answered."""

from datetime import UTC, datetime

import pytest

from leasehold.denials.door_log import DoorLog
from leasehold.denials.model import Kind
from leasehold.denials.refusals import Refusal

DOOR = "172.18.0.1:41234 [24/Nov/2026:18:18:07.741] database database/server 0/-1/3005 0 {state} 1/1/0/0/3 0/0"


@pytest.mark.parametrize(("state", "words"), [("SC", "refused"), ("sC", "did not answer")])
def test_connections_that_nobody_answered(state: str, words: str) -> None:
    [found] = DoorLog().feed(DOOR.format(state=state))
    assert isinstance(found, Refusal)
    assert (found.kind, found.source, found.on, found.action) == (Kind.CONNECTION, "door", "database", "connect")
    assert found.time == datetime(2026, 11, 24, 18, 18, 7, 741000, UTC)
    assert words in found.message


@pytest.mark.parametrize("text", [DOOR.format(state="--"), DOOR.format(state="CD"), "Proxy database started.", ""])
def test_other_lines_of_the_door(text: str) -> None:
    log = DoorLog()
    assert [*log.feed(text), *log.settle()] == []
