"""Attributes of a stack's files that a killed Pulumi had only begun to write."""

from pathlib import Path

import pytest

from leasehold.pulumi.stack_id import StackId
from leasehold.runs import name_locks
from leasehold.runs.inventory import repair_attributes

WHOLE = '{"user.content_type": "text/plain"}\n'


def mend(state: Path) -> list[str]:
    stack = StackId((state / "backend").as_uri(), "shop", "t")
    return repair_attributes(stack, name_locks.find("t") or name_locks.acquire(stack))


@pytest.fixture
def stack(state: Path) -> Path:
    folder = state / "backend" / ".pulumi" / "stacks" / "shop"
    folder.mkdir(parents=True)
    for name in ("t.json", "t.json.bak", "other.json", "t.json.json"):
        (folder / name).write_text("")
        (folder / f"{name}.attrs").write_text(WHOLE)
    return folder


def test_whole_ones_stay(stack: Path, state: Path) -> None:
    before = sorted(stack.iterdir())
    assert mend(state) == []
    assert sorted(stack.iterdir()) == before


@pytest.mark.parametrize("content", ["", WHOLE[:-3], "\0" * 40])
def test_those_that_are_cut_off_go_and_nothing_else(stack: Path, state: Path, content: str) -> None:
    before = set(stack.iterdir())
    for name in ("t.json.attrs", "other.json.attrs", "t.json.json.attrs"):
        (stack / name).write_text(content)
    assert mend(state) == ["t.json.attrs, which a killed Pulumi had only begun to write, was removed"]
    assert before - set(stack.iterdir()) == {stack / "t.json.attrs"}
    assert mend(state) == []


def test_those_that_somebody_alive_may_be_writing_stay(stack: Path, state: Path) -> None:
    (stack / "t.json.attrs").write_text("")
    lock = state / "backend" / ".pulumi" / "locks" / "organization" / "shop" / "t" / "x.json"
    lock.parent.mkdir(parents=True)
    lock.write_text('{"hostname": "another", "pid": 7}')
    assert mend(state) == []
    assert (stack / "t.json.attrs").exists()
