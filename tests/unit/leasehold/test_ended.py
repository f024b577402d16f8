"""When a run can serve nobody any more: its clock and its machine's boot are handed in."""

from dataclasses import replace

import pytest

from leasehold.contract import EXPIRES_LABEL
from leasehold.engines.resources import Inventory, Resource
from leasehold.pulumi.stack_id import StackId
from leasehold.runs import ended
from leasehold.runs.ended import why_ended
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process

LOCK = NameLock("i", StackId("file:///b", "p", "dev"), "ada", this_process(), 0.0, "", "", made=True, kept=True)
FOREVER = 1 << 40


def has(*running: bool, expires: int = FOREVER) -> Inventory:
    """Return what an engine has of a run: a network, and servers that run or do not."""
    labels = {EXPIRES_LABEL: str(expires)}
    servers = [Resource("container", str(at), f"s{at}", labels, True, one) for at, one in enumerate(running)]
    return Inventory.of([Resource("network", "n", "n", labels, False, False), *servers])


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (has(True, True, True), ""),
        (has(True, False, True), ""),
        (has(False, False, False), "its servers have stopped"),
        (has(True, True, True, expires=1), "its term is over"),
        (has(), "its servers are gone"),
        (Inventory(), "its servers are gone"),
    ],
)
def test_a_kept_run(own: Inventory, why: str) -> None:
    assert why_ended(LOCK, own).startswith(why)
    assert bool(why_ended(LOCK, own)) == bool(why)


def test_one_of_a_living_process_is_left_to_it() -> None:
    assert why_ended(replace(LOCK, kept=False), Inventory()) == ""
    assert why_ended(replace(LOCK, kept=False), has(False, False, False)) == ""


def test_one_of_a_process_that_is_gone() -> None:
    gone = replace(LOCK, kept=False, process=replace(this_process(), started=1))
    assert why_ended(gone, has(True, True, True)).endswith("is gone")


def test_a_machine_that_was_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended, "boot_id", lambda: "another boot")
    assert why_ended(LOCK, has(True, True, True)) == ""  # its engine is elsewhere
    for own in (has(False, False, False), has(), Inventory()):
        assert why_ended(LOCK, own) == "this machine was started again since it was made"


def test_a_term_is_over_by_the_clock_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    own = has(True, True, True, expires=1000)
    monkeypatch.setattr("leasehold.engines.resources.now", lambda: 999.0)
    assert why_ended(LOCK, own) == ""
    monkeypatch.setattr("leasehold.engines.resources.now", lambda: 1001.0)
    assert why_ended(LOCK, own) == "its term is over"
