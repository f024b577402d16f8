"""Two runs that chose the same subnet at once: the one that came second chooses another."""

from typing import Any, cast

import pytest
from pulumi import automation

from leasehold.engines.current import use
from leasehold.engines.docker.engine import DockerEngine
from leasehold.runs.bring_up import COLLISIONS, _tried

TAKEN = "Error response from daemon: Pool overlaps with other one on this address space"


class Stack:
    """A stack whose first tries fail."""

    def __init__(self, *errors: str) -> None:
        self.errors, self.tries = list(errors), 0

    def up(self, **options: Any) -> str:
        self.tries += 1
        if self.errors:
            raise automation.CommandError(automation.CommandResult(stdout="", stderr=self.errors.pop(0), code=255))
        return "up"


def tried(stack: Stack) -> str:
    with use(DockerEngine()):
        return cast(str, _tried(cast(automation.Stack, stack), None))


def test_another_try_after_a_collision() -> None:
    stack = Stack(TAKEN, TAKEN)
    assert tried(stack) == "up"
    assert stack.tries == 3


@pytest.mark.parametrize(("errors", "tries"), [(["port is already allocated"], 1), ([TAKEN] * 9, COLLISIONS + 1)])
def test_other_errors_and_too_many_collisions_are_told(errors: list[str], tries: int) -> None:
    stack = Stack(*errors)
    with pytest.raises(automation.CommandError, match=errors[0]):
        tried(stack)
    assert stack.tries == tries
