"""Attributes of a stack's files that a killed Pulumi had only begun to write."""

from pathlib import Path

import pytest

from leasehold.remains import mend_attributes

WHOLE = '{"user.content_type": "text/plain"}\n'


@pytest.fixture
def stack(state: Path) -> Path:
    folder = state / "backend" / ".pulumi" / "stacks" / "shop"
    folder.mkdir(parents=True)
    for name in ("t.json", "t.json.bak", "other.json"):
        (folder / name).write_text("")
        (folder / f"{name}.attrs").write_text(WHOLE)
    return folder


def test_whole_ones_stay(stack: Path) -> None:
    before = sorted(stack.iterdir())
    assert mend_attributes("t") == []
    assert sorted(stack.iterdir()) == before


@pytest.mark.parametrize("content", ["", WHOLE[:-3], "\0" * 40])
def test_those_that_are_cut_off_go_and_nothing_else(stack: Path, content: str) -> None:
    before = set(stack.iterdir())
    for name in ("t.json.attrs", "other.json.attrs"):
        (stack / name).write_text(content)
    assert mend_attributes("t") == ["t.json.attrs, which a killed Pulumi had only begun to write, was removed"]
    assert before - set(stack.iterdir()) == {stack / "t.json.attrs"}
    assert mend_attributes("t") == []
