"""What a probe's attempts print: only those that have been made to their end tell that something is not reached."""

import subprocess

import pytest

from leasehold.engines.attempts import numbers_of, script_of
from leasehold.engines.protocol import Attempt
from leasehold.errors import EngineError


def test_attempts_that_ended_tell_which_connections_were_made() -> None:
    assert numbers_of("3\n1\ntried\n") == {1, 3}


def test_none_is_made_and_all_were_tried() -> None:
    assert numbers_of("tried\n") == set()


@pytest.mark.parametrize("printed", ["", "0\n", "0\n1\n", "tried", "sh: can't fork\n", "tried\n4\n"])
def test_attempts_that_were_cut_short_tell_nothing(printed: str) -> None:
    """What was not tried must not be taken for what is not reached: a broken lock would pass."""
    with pytest.raises(EngineError, match="not made to their end"):
        numbers_of(printed)


@pytest.mark.parametrize("count", [0, 2])
def test_the_script_says_that_it_has_ended(count: int) -> None:
    script = script_of([Attempt("localhost", 1, "tcp", "word")] * count, 1)
    printed = subprocess.run(
        ["/bin/sh", "-c", script], env={"PATH": ""}, capture_output=True, text=True, check=True
    ).stdout
    assert numbers_of(printed) == set()
