"""Destroying what somebody else has destroyed meanwhile: nothing is done, and nothing is left by the look at it."""

from pathlib import Path

import pytest
from pulumi import automation

from leasehold import RunNotFoundError, claims, engine, places, teardown
from leasehold.engine import Inventory
from leasehold.run import destroy
from leasehold.workspace import Source, Workspace

PROJECT = Path(__file__).parents[3]


class Untouched(Workspace):
    """A run's Pulumi that nobody is to ask."""

    def stack(self, *, create: bool) -> automation.Stack:
        raise AssertionError("Pulumi was asked")


@pytest.fixture(autouse=True)
def nothing_on_the_engine(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.setattr(engine, "take_inventory", lambda run: Inventory())
    monkeypatch.setattr(Workspace, "stack", Untouched.stack)


def test_whoever_waited_for_another_teardown_finds_nothing_to_do() -> None:
    done = teardown.tear_down(Workspace("gone", Source()))
    assert done.notes == ["somebody else destroyed it at the same time"]
    assert not places.home_of("gone").exists()


def test_looking_for_a_run_that_is_gone_makes_it_no_home() -> None:
    with pytest.raises(RunNotFoundError):
        destroy("gone", program=PROJECT)
    assert not places.home_of("gone").exists()


@pytest.mark.parametrize("left", ["claim", "home", "stack"])
def test_a_run_of_which_anything_is_left_is_destroyed(left: str, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def no_stack(_: Workspace, *, create: bool) -> automation.Stack:
        asked.append(create)
        raise automation.StackNotFoundError(automation.CommandResult("", "", 1))

    monkeypatch.setattr(Workspace, "stack", no_stack)
    match left:
        case "claim":
            claims.acquire("left", str(PROJECT))
        case "home":
            places.home_of("left").mkdir(parents=True)
        case "stack":
            file = state / "backend" / ".pulumi" / "stacks" / "leasehold" / "left.json"
            file.parent.mkdir(parents=True)
            file.touch()
    destroy("left", program=PROJECT)
    assert asked
    with pytest.raises(RunNotFoundError):
        destroy("left", program=PROJECT)
