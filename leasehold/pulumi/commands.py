"""Pulumi's Automation API with no more calls of its command line than are needed: each takes 0.4 s of a processor."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation.events import EngineEvent

from ..clock import moment
from ..engines.current import current
from ..errors import RunError
from ..shell import neutral

VERBOSE = 11
"""Pulumi's highest log verbosity: from 9 on it logs whole requests (`pulumi/sdk`, logging)."""

_WRAPPER = Path(__file__).with_name("pulumi.sh")


class LocalWorkspace(automation.LocalWorkspace):
    """A workspace that selects no stack, and asks for a stack's outputs once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pulumi_command=Command(), **options)

    def create_stack(self, stack_name: str) -> None:
        """Create a stack."""
        _ = self.pulumi_version  # asks for it, and fails if it is one that the API cannot work with
        super().create_stack(stack_name)

    def select_stack(self, stack_name: str) -> None:
        """Do nothing: every command of the API names its stack, and fails if there is none."""

    def stack_outputs(self, stack_name: str) -> automation.OutputMap:
        """Return the stack's outputs; all as secrets, since callers need not know which are."""
        said = self._run_pulumi_cmd_sync(["stack", "output", "--json", "--show-secrets", "--stack", stack_name])
        return {name: automation.OutputValue(value, secret=True) for name, value in json.loads(said.stdout).items()}


class Command(automation.PulumiCommand):
    """Pulumi's command line, which ends when the process that started it does. It is asked for its version when needed.

    Raises:
        RunError: There is no Pulumi.
    """

    def __init__(self) -> None:
        if not shutil.which("pulumi"):
            raise RunError(
                "`pulumi` is not on PATH. It creates and destroys runs. Install it "
                '(https://www.pulumi.com/docs/install), or in a checkout of Leasehold `eval "$(make -s env)"`.'
            )
        self.command = str(_WRAPPER) if shutil.which("setpriv") else "pulumi"

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: automation.OnOutput | None = None,
        on_error: automation.OnOutput | None = None,
    ) -> Any:
        """Run a command, in an environment that the user's shell does not sway.

        Raises:
            EngineError: The shell names an engine that is not there, or from which nothing here reaches a run.
        """
        engine = current()
        environment = {**neutral(os.environ, engine.reached_at), **engine.variables(), **additional_env}
        return super().run(args, cwd, environment, on_output, on_error)

    @cached_property
    def version(self) -> Any:  # type: ignore[override] # an attribute there, set by asking at once
        """Pulumi's version; an error if the Automation API cannot work with it."""
        return automation.PulumiCommand().version


def open_stack(name: str, workspace: LocalWorkspace, *, create: bool) -> automation.Stack:
    """Create a stack, or take it that there is one.

    Raises:
        StackAlreadyExistsError: It is to be created, and there is one.
        CommandError: Pulumi failed.
    """
    opened = (automation.Stack.create if create else automation.Stack.select)(name, workspace)
    opened.info = _no_summary  # type: ignore[method-assign]
    return opened


def _no_summary(show_secrets: bool = True) -> automation.UpdateSummary:
    """Return an empty summary: the API asks the history for one after each operation, and nothing here reads it."""
    return automation.UpdateSummary("update", moment(), "", {}, {}, "not-started")


def preview(stack: automation.Stack, *, debug: bool, on_event: Callable[[EngineEvent], None] | None) -> str:
    """Return what Pulumi prints of a preview, and its events; those of its debug log only if they are wanted.

    Raises:
        CommandError: Pulumi failed.
    """
    events: list[str] = []

    def take(event: EngineEvent) -> None:
        if on_event:
            on_event(event)
        said = event.diagnostic_event
        if debug or said is None or said.severity != "debug":
            events.append(repr(vars(event)))

    loud: dict[str, Any] = {"log_to_std_err": True, "log_verbosity": VERBOSE, "log_flow": True, "debug": True}
    done = stack.preview(diff=True, color="never", on_event=take, **(loud if debug else {}))
    return "\n".join([str(done.stdout), str(done.stderr), *events])
