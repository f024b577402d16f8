"""The runs that a keeper keeps: each is made by a process of its own, so that what its program reads is read anew."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import paths
from ..clock import now
from ..errors import RunError, RunNotFoundError
from ..inputs import ProgramInputs, fingerprints, other_shell
from ..runs import name_locks
from ..runs.ended import inventory_under
from ..runs.name_lock import NameLock
from ..runs.processes import Process
from ..runs.teardown import tear_down
from .protocol import Asker, HopelessError, Warm
from .recipe import code


class MadeRuns:
    """Runs that a command makes.

    The command finds what it needs on standard input, as JSON, and prints one line: a `Warm`'s fields, or an ``error``.
    """

    def __init__(self, command: Sequence[str], told: Mapping[str, Any], printed: Path) -> None:
        """Begin; nothing is made yet.

        Args:
            command: Makes a run, and prepares it.
            told: What it is told.
            printed: The file for what else it prints.
        """
        self._command, self._told, self._printed = command, told, printed
        self._shell, self._code = fingerprints(os.environ), code()
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def make(self) -> Warm:
        """Make a run, and prepare it.

        Raises:
            RunError: It could not be made; says why.
        """
        if self._stopped:
            raise RunError("The pool ends.")
        with open(paths.open_private(self._printed, os.O_TRUNC), "wb") as printed:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=printed,
                start_new_session=True,  # Ctrl-C is this process's, which ends it in order
            )
        if self._stopped:
            self._child.terminate()
        said, _ = self._child.communicate(json.dumps(self._told).encode())
        try:
            answer = json.loads(said)
        except ValueError:
            raise RunError(
                f"A run could not be made: what makes it ended with status {self._child.returncode}, and what it "
                f"printed is in {self._printed}."
            ) from None
        if "error" in answer:
            raise (HopelessError if answer["hopeless"] else RunError)(answer["error"])
        run = Warm(**{**answer, "inputs": ProgramInputs.parse(answer["inputs"])})
        if why := run.inputs.changed():
            self.discard(run)
            raise RunError(f"Run {run.name!r} was made for nothing: {why} meanwhile.")
        return run

    def stop(self) -> None:
        """End what is being made; nothing is made any more."""
        self._stopped = True
        if self._child and self._child.returncode is None:
            self._child.terminate()

    def mark_ready(self, run: Warm) -> None:
        """Have everybody see that a run is ready.

        Raises:
            RunNotFoundError: It is gone.
        """
        if name_lock := _name_lock(run):
            with name_locks.held(name_lock) as current:
                name_locks.change(current, pool=str(self._told["key"]))
        else:
            raise RunNotFoundError(f"Run {run.name!r} is gone: somebody destroyed it.")

    def outdated(self) -> str:
        """Return why nobody can want what this process makes any more, as a sentence; empty as long as somebody can."""
        return "" if code() == self._code else "Leasehold has changed since the pool was started, so the pool ends."

    def unfit(self, run: Warm) -> str:
        """Return why a run serves nobody any more, as a clause; empty as long as it does.

        Raises:
            EngineError: The engine does not answer.
        """
        name_lock = _name_lock(run)
        if name_lock is None:
            return "somebody destroyed it"
        if run.ends - now() < (run.ends - run.made) / 2:
            return "half of its term is over"
        if why := run.inputs.changed():
            return why
        there = inventory_under(name_lock)
        return "" if there.running == len(there.servers) > 0 else "its servers have stopped"

    def other(self, run: Warm, asker: Asker) -> str:
        """Return why a run is not what a session would have made, as a clause."""
        return other_shell(self._shell, asker.shell) or run.inputs.other(asker.shell)

    def taken(self, run: Warm, asker: Asker) -> bool:
        """Return whether a session that was offered a run has made it its own."""
        name_lock = _name_lock(run)
        return name_lock is not None and name_lock.session == asker.session

    def taker(self, run: Warm) -> str:
        """Return the session that has taken a run so late that it was taken for gone, such as one that was stopped."""
        name_lock = _name_lock(run)
        return name_lock.session if name_lock else ""

    def tidy(self) -> None:
        """Do nothing more."""

    def discard(self, run: Warm) -> None:
        """Destroy a run, unless a session has just taken it."""
        if (name_lock := _name_lock(run)) and not name_lock.session:
            tear_down(name_lock)

    def over(self, run: Warm) -> bool:
        """Return whether a run that was handed over has ended."""
        held = _name_lock(run)
        return held is None or held.abandoned


def _name_lock(run: Warm) -> NameLock | None:
    held = name_locks.find(run.name)
    return held if held and held.id == run.name_lock and not held.ending else None


def take(name: str, key: str, session: str, owner: Process) -> NameLock | None:
    """Make a run that is kept ready a session's own; return its name lock, or None if it is not there to be had.

    Args:
        name: The run's name.
        key: The recipe's.
        session: The session's id.
        owner: Its process.
    """
    name_lock = name_locks.find(name)
    if name_lock and name_lock.session == session:
        return name_lock  # another process of the session has done it
    if name_lock is None or name_lock.pool != key:
        return None
    try:
        with name_locks.held(name_lock) as current:
            if current.ending or current.session:
                return None
            return name_locks.change(current, process=owner, session=session, pool="")
    except RunNotFoundError:
        return None
