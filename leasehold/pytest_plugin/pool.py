"""A session and the pool of warm runs: what it asks for, and the keeper that it starts behind itself."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from ..background import python
from ..inputs import fingerprints
from ..outputs import Outputs
from ..pool.recipe import Recipe, desk_of
from ..pool.runs import take
from ..pool.shared import holder
from ..pool.shared.checkout import checkout_of
from ..runs import name_locks
from ..runs.at_desk import OUTPUTS
from ..runs.desk import anybody, ask
from ..runs.name_lock import NameLock
from ..runs.processes import Process
from ..runs.run import Run
from ..runs.waiting import in_pipeline
from .options import Options

_PREPARED = (
    "migrations",
    "migrate_command",
    "migration_files",
    "migrate_env",
    "migrator",
    "password_in_environment",
)
"""Options that say how a session's databases are prepared."""


def program_of(settings: Options, root: Path) -> str:
    """Return a session's program, as it was asked for: ``module:function`` or a folder; empty for the current one's."""
    program = settings.program
    return program if ":" in program or not program else str(root / program)


class Pool:
    """The pool of runs that a session would have made itself."""

    def __init__(self, settings: Options, root: Path, program: str) -> None:
        """Say what the session would make.

        Args:
            settings: What it was asked for.
            root: Pytest's root.
            program: Its program: ``module:function``, or a project folder.
        """
        self._settings, self._root, self._program = settings, root, program

    @cached_property
    def key(self) -> str:
        """The recipe's key: a session that nobody keeps runs for never asks for it. A shared pool's is the same
        everywhere."""
        prepared = {name: value for name, value in asdict(self._settings).items() if name in _PREPARED}
        recipe = Recipe(self._program, str(self._root), self._settings.term, prepared)
        return recipe.shared_key(self.checkout) if self._settings.shared_pool else recipe.key

    @cached_property
    def checkout(self) -> Path:
        """Where this machine has the project."""
        return checkout_of(self._root, self._program)

    @cached_property
    def desk(self) -> Path:
        """Where a keeper of it on this machine is asked: for a run, or, if the pool is shared, to stop."""
        shared = self._settings.shared_pool
        return desk_of(f"{shared}-{self.key}" if shared else self.key)

    def take(self, session: str, owner: Process) -> Run | str:
        """Return a run, which is the session's own from now on; or why there is none, as a clause.

        The clause is empty if nobody keeps runs of the kind.

        Args:
            session: The session's id.
            owner: Its process.
        """
        if self._settings.shared_pool:
            return self._take_shared(session, owner)
        if not anybody():
            return ""
        taken: list[NameLock | None] = []

        def act(answer: Mapping[str, Any]) -> None:
            if "name" in answer:
                taken.append(take(answer["name"], self.key, session, owner))

        question = {"session": session, "owner": asdict(owner), "shell": fingerprints(os.environ)}
        answer = ask(self.desk, question, act)
        if answer is None:
            return ""
        if taken and taken[0]:
            return Run.handed_over(taken[0], Outputs.model_validate(answer["outputs"]), self._program)
        return str(answer.get("none", "somebody destroyed it"))

    def _take_shared(self, session: str, owner: Process) -> Run | str:
        """Return a run of a shared pool, as `take`: a process beside the session takes it, or has for another of its
        processes."""
        held = name_locks.of_session(session)
        answer = ask(Path(held.desk), {OUTPUTS: True}) if held else None
        if answer is None:
            told = {**self.told(), "session": session, "owner": asdict(owner)}
            answer = holder.start(told)
        name_lock = name_locks.of_session(session)
        if OUTPUTS in answer and name_lock:
            return Run.handed_over(name_lock, Outputs.model_validate(answer[OUTPUTS]), self._program)
        return str(answer.get("none", "somebody destroyed it"))

    def keep(self) -> None:
        """Start a keeper in the background, unless there is one, or a pipeline runs: its machine goes with the job. A
        shared pool has a keeper of its own."""
        if self._settings.shared_pool or not self._settings.pool or in_pipeline():
            return
        if ask(self.desk, {}) is not None:
            return
        with subprocess.Popen(
            python("leasehold.pytest_plugin.keeper"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as keeper:
            if keeper.stdin:
                keeper.stdin.write(json.dumps(self.told()).encode())
                keeper.stdin.close()
            keeper.returncode = 0  # it stays

    def told(self) -> dict[str, Any]:
        """Return what a keeper, and whoever makes runs for it, need to know, as JSON."""
        return {
            "options": asdict(self._settings),
            "root": str(self._root),
            "program": self._program,
            "path": [str(Path(one).absolute()) for one in sys.path],
            "key": self.key,
            "desk": str(self.desk),
            "pool": self._settings.shared_pool,
            "checkout": str(self.checkout),
        }
