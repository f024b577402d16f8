"""One user's runs, and all around them what is not theirs: two projects, two backends, others' stacks and containers.

`World` does what a user, a test session, or a killed process does; `Others` do as they please with plain Pulumi. What
the others have is told byte for byte by `Others.held`, for whoever wants to know that it is as it was.
"""

import os
import pickle
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from pulumi import automation

from leasehold import Run
from leasehold.contract import EXPIRES_LABEL, NAME_LOCK_LABEL
from leasehold.engines.current import use
from leasehold.engines.memory import MemoryEngine
from leasehold.engines.resources import Resource
from leasehold.pulumi.programs import Source, find_source
from leasehold.pulumi.stack_id import StackId
from leasehold.pytest_plugin.options import Options
from leasehold.pytest_plugin.recorder import Recorder
from leasehold.pytest_plugin.shared_run import SharedRun
from leasehold.pytest_plugin.timings import Timings
from leasehold.runs import name_locks
from leasehold.runs.lookup import stack_of
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process
from leasehold.runs.workspace import Workspace

from .others import Others
from .scripted_pulumi import ScriptedPulumi

PROJECTS = {"tests": "tests", "web": "web", "worktree": "tests", "function": "leasehold"}
"""Pulumi project of each place that a run's program can be from. A worktree is a second folder of a project."""

BACKENDS = ("near", "far")
KILLED = 9


@dataclass(frozen=True)
class Place:
    """Where a run is made: from which program, in which backend."""

    program: str
    backend: str


PLACES = [Place(program, backend) for program in PROJECTS for backend in BACKENDS]


class World:
    """What one user does.

    Attributes:
        root: Folder of everything.
        engine: The engine.
        pulumi: The Pulumi of all of them; None for the real one.
    """

    def __init__(self, root: Path, outputs: dict[str, object]) -> None:
        self.root, self.engine = root, MemoryEngine()
        self.pulumi = ScriptedPulumi(self.engine, outputs)
        self.others = Others(self)
        for program, project in PROJECTS.items():
            self.folder(program).mkdir(parents=True)
            self.write_project(program, project)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have this process live in this world."""
        with pytest.MonkeyPatch.context() as patch, use(self.engine):
            patch.setenv("XDG_STATE_HOME", str(self.root / "state"))
            patch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the world")
            patch.setattr(Workspace, "_open", lambda workspace, create: self._open(workspace, create))  # noqa: PLW0108 - bound
            yield

    def _open(self, workspace: Workspace, create: bool) -> automation.Stack:
        return self.pulumi.open(workspace, create)

    def folder(self, program: str) -> Path:
        return self.root / "projects" / program

    def write_project(self, program: str, project: str) -> None:
        self.folder(program).mkdir(parents=True, exist_ok=True)
        kept = "stackConfigDir: settings\n" if program == "web" else ""
        (self.folder(program) / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n{kept}")

    @contextmanager
    def at(self, place: Place) -> Iterator[Path | None]:
        """Work in a backend; gives the program."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PULUMI_BACKEND_URL", (self.root / "backends" / place.backend).as_uri())
            patch.chdir(self.root)
            yield None if place.program == "function" else self.folder(place.program)

    def stack(self, name: str, place: Place) -> StackId:
        with self.at(place) as folder:
            return stack_of(name, find_source(folder) if folder else Source())

    def up(self, name: str, place: Place, *, keep: bool = False, session: str = "") -> Run:
        with self.at(place) as folder:
            return Run.create(name, program=folder or program, keep=keep, session=session)

    def session(self, place: Place, *, run: str = "", wait: bool = True) -> SharedRun:
        """Begin a session of tests."""
        with self.at(place) as folder:
            settings = Options(
                run, False, False, str(folder or ""), "", "migrator", "function", False, None, "fail", "", "", wait=wait
            )
            recorder = cast(Recorder, None)
            return SharedRun(settings, secrets.token_hex(16), this_process(), self.root, Timings(), recorder=recorder)

    def killed(self, point: str, act: Callable[[], object]) -> bool:
        """Do something in a process of its own that is killed at a point; return whether it came that far.

        The process is a real one, and so is its end: what it has written stays, and what it held is free.
        """
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            self._die_at(point, writes, act)
        os.close(writes)
        with os.fdopen(reads, "rb") as told:
            self.engine.restore(pickle.loads(told.read()))  # noqa: S301 - from ourselves
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED

    def _die_at(self, point: str, writes: int, act: Callable[[], object]) -> None:
        def end(status: int) -> None:
            with os.fdopen(writes, "wb") as tell:
                tell.write(pickle.dumps(self.engine.snapshot()))
            os._exit(status)

        def at(here: str) -> None:
            if here == point:
                end(KILLED)

        try:
            self.pulumi.at = at
            act()
        except BaseException:  # noqa: S110 - refused: then nobody was killed
            pass
        end(0)

    def resources_under(self, name_lock: str) -> list[Resource]:
        return [resource for resource in self.engine.every() if resource.labels.get(NAME_LOCK_LABEL) == name_lock]

    def expire(self, resources: list[Resource]) -> None:
        """Let the term of resources be over."""
        for resource in resources:
            self.engine.relabel(resource, {**resource.labels, EXPIRES_LABEL: "1"})

    def left(self, name_lock: NameLock) -> list[str]:
        """Tell what there is of a run that should be gone."""
        marked = [str(path) for path in self.root.rglob("*") if path.is_file() and name_lock.id in path.read_text()]
        homes = [str(path) for path in self.root.rglob(f"*{name_lock.id}*")]
        now = name_locks.find(name_lock.name)
        stack = [] if now or self.others.has(name_lock.stack) else [str(file) for file in name_lock.stack.files()]
        left_by_others = {str(path) for path in self.others.files}
        return [
            *map(str, self.resources_under(name_lock.id)),
            *marked,
            *homes,
            *(one for one in stack if one not in left_by_others),
        ]


def program() -> None:
    """The function that is a program."""


def remove_folder(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
