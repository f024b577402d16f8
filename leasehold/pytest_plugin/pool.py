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
from ..pool.desk import anybody, ask
from ..pool.recipe import Recipe, desk_of
from ..pool.runs import take
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
        """The recipe's key: a session that nobody keeps runs for never asks for it."""
        prepared = {name: value for name, value in asdict(self._settings).items() if name in _PREPARED}
        return Recipe(self._program, str(self._root), self._settings.term, prepared).key

    def take(self, session: str, owner: Process) -> Run | str:
        """Return a run, which is the session's own from now on; or why there is none, as a clause.

        The clause is empty if nobody keeps runs of the kind.

        Args:
            session: The session's id.
            owner: Its process.
        """
        if not anybody():
            return ""
        taken: list[NameLock | None] = []

        def act(answer: Mapping[str, Any]) -> None:
            if "name" in answer:
                taken.append(take(answer["name"], self.key, session, owner))

        question = {"session": session, "owner": asdict(owner), "shell": fingerprints(os.environ)}
        answer = ask(desk_of(self.key), question, act)
        if answer is None:
            return ""
        if taken and taken[0]:
            return Run.handed_over(taken[0], Outputs.model_validate(answer["outputs"]), self._program)
        return str(answer.get("none", "somebody destroyed it"))

    def keep(self) -> None:
        """Start a keeper in the background, unless there is one, or a pipeline runs: its machine goes with the job."""
        if not self._settings.pool or in_pipeline() or ask(desk_of(self.key), {}) is not None:
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
        }
