"""Where a run's Pulumi works: backend, passphrase and home, ours unless the user has set their own."""

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pulumi import automation

from .. import paths
from ..errors import RunError, RunExistsError
from ..pulumi import commands, settings
from ..pulumi.programs import Source
from ..pulumi.stack_id import StackId
from .lookup import own_backend
from .name_lock import NameLock

_NO_LANGUAGE = "none"
"""Runtime of a project without a program of its own. A function's process is its language host, and to destroy a stack
Pulumi looks for one and goes on without it."""


def backend_variables() -> dict[str, str]:
    """Return backend and passphrase file, where the user has not set their own: a folder and a file of ours."""
    variables = {}
    if "PULUMI_BACKEND_URL" not in os.environ:
        variables["PULUMI_BACKEND_URL"] = own_backend()
    return {**variables, **_passphrase_variables()}


def _passphrase_variables() -> dict[str, str]:
    if any(name in os.environ for name in settings.PASSPHRASES):
        return {}
    return {"PULUMI_CONFIG_PASSPHRASE_FILE": str(paths.passphrase_file())}


class Workspace:
    """Pulumi for one stack: a home of its own, so that parallel runs do not meet, with the plugins shared.

    Attributes:
        stack_id: Which stack.
        source: Its program.
        home: Its PULUMI_HOME.
    """

    def __init__(self, stack_id: StackId, source: Source, home: Path) -> None:
        self.stack_id, self.source, self.home = stack_id, source, home
        self._opened: automation.Stack | None = None

    @classmethod
    def of(cls, name_lock: NameLock, source: Source | None = None) -> Self:
        """Return the workspace of a run that is locked.

        Args:
            name_lock: The name lock.
            source: Its program, where that is no project folder. A folder that is gone, or of another project by now,
                is done without: whatever a stack holds can be destroyed from its state.
        """
        if name_lock.project:
            folder = Path(name_lock.project)
            source = Source(folder) if settings.is_project(folder, name_lock.stack.project) else Source()
        return cls(name_lock.stack, source or Source(), name_lock.home)

    @classmethod
    def without_lock(cls, stack_id: StackId, source: Source) -> Self:
        """Return a workspace to look at a stack that nobody here has locked; its home goes with it."""
        home = Path(tempfile.mkdtemp(prefix=f"{stack_id.name}.look-", dir=paths.private(paths.homes())))
        made = cls(stack_id, source, home)
        weakref.finalize(made, shutil.rmtree, home, ignore_errors=True)
        return made

    @property
    def run(self) -> str:
        """The run's name."""
        return self.stack_id.name

    def make(self, name_lock: NameLock) -> None:
        """Make the stack of a name lock, and its settings with the name lock's mark; only whoever holds the name lock
        does.

        Raises:
            RunExistsError: There is such a stack, or there are settings for one: somebody's, and left as they are.
            CommandError: Pulumi failed.
            RunError: There is no Pulumi.
        """
        file = Path(name_lock.settings)
        self._make_home()
        try:
            settings.make(file, name_lock.id)
        except FileExistsError:
            raise RunExistsError(
                f"There are settings for a stack {self.run!r} already ({file}), so somebody has such a stack. Nothing "
                "of it was changed. Take another name."
            ) from None
        try:
            self.stack(create=True)
        except automation.StackAlreadyExistsError:
            raise RunExistsError(
                f"There is a {self.stack_id} already, which `leasehold` has no name lock on. Nothing of it was "
                "changed. Take another name, or destroy it with what made it "
                f"(`pulumi destroy --remove --stack {self.run}`)."
            ) from None

    def stack(self, *, create: bool) -> automation.Stack:
        """Create the run's stack, or take it that there is one; it is remembered.

        Raises:
            StackAlreadyExistsError: It is to be created, and there is one.
            CommandError: Pulumi failed.
            RunError: There is no Pulumi.
        """
        if self._opened is None or create:
            with self._at_home():
                self._opened = self._open(create)
        return self._opened

    def exists(self) -> bool:
        """Return whether the run has a stack."""
        try:
            self.pulumi("stack")
        except automation.StackNotFoundError:
            return False
        return True

    def outputs(self) -> automation.OutputMap:
        """Return the stack's outputs.

        Raises:
            StackNotFoundError: There is no such stack.
            CommandError: Pulumi failed.
        """
        with self._at_home():
            return self.stack(create=False).outputs()

    def pulumi(self, *words: str) -> str:
        """Run a command of Pulumi's on the run's stack; return what it printed on standard output.

        Raises:
            StackNotFoundError: There is no such stack.
            CommandError: It failed.
        """
        with self._at_home():
            workspace = self.stack(create=False).workspace
            environment = {**workspace.env_vars, "PULUMI_HOME": str(self.home)}
            command = [*words, "--stack", self.run, "--color", "never"]
            return str(commands.Command().run(command, workspace.work_dir, environment).stdout)

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        """Work in the home. One that was made for nothing goes again: there is no such stack, or no Pulumi to ask."""
        had_one = self.home.exists()
        self._make_home()
        try:
            yield
        except (automation.StackNotFoundError, RunError):
            if not had_one:
                self.remove()
            raise

    def _open(self, create: bool) -> automation.Stack:
        options: dict[str, Any] = {
            "pulumi_home": str(self.home),
            "env_vars": {"PULUMI_BACKEND_URL": self.stack_id.backend, **_passphrase_variables()},
            "work_dir": str(self.source.folder or self._work_folder()),
            "program": self.source.program,
        }
        return commands.open_stack(self.run, commands.LocalWorkspace(**options), create=create)

    def _work_folder(self) -> Path:
        """Make a project folder for a program that has none: a function, or none at all where it is destroyed only."""
        folder = self.home / "work"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "Pulumi.yaml"
        if not file.exists():
            file.write_text(json.dumps({"name": self.stack_id.project, "runtime": _NO_LANGUAGE}))  # JSON is YAML
        return folder

    def remove(self) -> None:
        """Remove the run's home."""
        shutil.rmtree(self.home, ignore_errors=True)
        self._opened = None

    def _make_home(self) -> None:
        shared = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
        paths.private(shared / "plugins")
        paths.private(self.home)
        for name in ("plugins", "credentials.json"):  # the plugins, and a login to Pulumi Cloud
            link = self.home / name
            if (shared / name).exists() and not link.is_symlink():
                link.symlink_to(shared / name)
