"""Bringing a run up: its stack is made, and Pulumi creates what its program declares."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi import automation

from ..contract import TERM_SETTING
from ..engines.current import current
from ..errors import RunError, RunNotFoundError
from ..outputs import Outputs
from ..pulumi import settings
from ..pulumi.callbacks import forget_servers
from ..pulumi.diagnostics import diagnostics
from . import name_locks
from .name_lock import NameLock
from .teardown import OnEvent
from .workspace import Workspace

COLLISIONS = 4
"""How often a run is tried again that chose what another took at the same moment."""


def make_stack(workspace: Workspace, name_lock: NameLock) -> NameLock:
    """Make a run's stack; return the name lock, which says so.

    Raises:
        RunError: Pulumi failed.
        RunNotFoundError: Somebody has ended the name lock, or is about to.
    """
    try:
        with name_locks.held(name_lock) as held:  # else somebody may end it, and the stack would be nobody's
            if held.ending:
                raise RunNotFoundError(f"Run {name_lock.name!r} is ending: somebody else destroys it at the same time.")
            workspace.make(held)
            return name_locks.change(held, made=True, key=settings.read(Path(held.settings)).key)
    except automation.CommandError as error:
        raise RunError(f"Run {name_lock.name!r} could not be created: {diagnostics(error, name_lock.name)}") from None


def bring_up(workspace: Workspace, term: int | None, on_event: OnEvent | None) -> Outputs:
    """Have Pulumi create what a run's program declares; return its outputs.

    Raises:
        RunError: Pulumi failed; the message holds its diagnostics.
        OutputsError: The program does not export an environment.
    """
    try:
        stack = workspace.stack(create=False)
        if term is not None:
            stack.set_config(TERM_SETTING, automation.ConfigValue(str(term)))
        result = _tried(stack, on_event)
    except automation.CommandError as error:
        raise RunError(f"Run {workspace.run!r} could not be created: {diagnostics(error, workspace.run)}") from None
    return parse_outputs(result.outputs)


def _tried(stack: automation.Stack, on_event: OnEvent | None) -> automation.UpResult:
    """Have Pulumi create a run; once more where another run took the same subnet at the same moment."""
    collisions = 0
    while True:
        try:
            return stack.up(on_event=on_event, color="never", suppress_outputs=True)
        except automation.CommandError as error:
            forget_servers()  # else the next program of this process fails, whichever run it is of
            if collisions == COLLISIONS or not current().collided(str(error)):
                raise
            collisions += 1


def parse_outputs(values: Mapping[str, Any]) -> Outputs:
    """Read a stack's outputs as the Automation API gives them.

    Raises:
        OutputsError: They describe no environment.
    """
    return Outputs.parse({name: output.value for name, output in values.items()})
