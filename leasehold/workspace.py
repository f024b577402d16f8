"""Where a run's Pulumi works: backend, passphrase and home, ours unless the user has set their own."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from pulumi import automation

from . import places
from .errors import RunError

Program = Callable[[], object]

PROJECT = "leasehold"
"""Pulumi project of programs that are functions."""

_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
_WRAPPER = Path(__file__).with_name("pulumi.sh")


def backend_variables() -> dict[str, str]:
    """Return backend and passphrase file, where the user has not set their own: a folder and a file of ours."""
    variables = {}
    if "PULUMI_BACKEND_URL" not in os.environ:
        backend = places.state() / "backend"
        backend.mkdir(mode=0o700, parents=True, exist_ok=True)
        variables["PULUMI_BACKEND_URL"] = backend.as_uri()
    if not any(name in os.environ for name in _PASSPHRASES):
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(places.passphrase_file())
    return variables


@dataclass(frozen=True)
class Source:
    """Where a run's program is from: a project folder, or a function of the caller's.

    Attributes:
        folder: The project folder; None for a function.
        program: The function; None for a folder.
    """

    folder: Path | None = None
    program: Program | None = None


def find_source(program: "Program | Path | str | None") -> Source:
    """Make out what a caller means by a program.

    Args:
        program: A function, ``module:function``, a project folder, or None for the project of the current folder.

    Raises:
        RunError: There is no such program.
    """
    if callable(program):
        return Source(program=program)
    if isinstance(program, str) and ":" in program:
        module, _, name = program.partition(":")
        try:
            return Source(program=getattr(import_module(module), name))
        except (ImportError, AttributeError) as error:
            raise RunError(f"There is no program {program!r} ({error}). Name it as `module:function`.") from None
    start = Path(program) if program else Path.cwd()
    for folder in [start, *([] if program else start.absolute().parents)]:
        if any((folder / f"Pulumi.{ending}").exists() for ending in ("yaml", "yml", "json")):
            return Source(folder=folder.resolve())
    raise RunError(
        f"There is no Pulumi project in {start}. Name a project folder or a `module:function` as the program."
    )


class Workspace:
    """Pulumi for one run: a home of its own, so that parallel runs do not meet, with the plugins shared."""

    def __init__(self, run: str, source: Source) -> None:
        self.run, self.source = run, source
        self.home = places.home_of(run)
        self._selected: automation.Stack | None = None

    def stack(self, *, create: bool) -> automation.Stack:
        """Create the run's stack, or select it, which is remembered.

        Raises:
            StackAlreadyExistsError: It is to be created, and there is one.
            StackNotFoundError: It is to be selected, and there is none.
            CommandError: Pulumi failed.
        """
        if self._selected is None or create:
            had_one = self.home.exists()
            self._make_home()
            try:
                self._selected = self._open(create)
            except (automation.StackNotFoundError, RunError):  # there is none, or no Pulumi to ask
                if not had_one:
                    self.remove()
                raise
            self._selected.info = _unasked  # type: ignore[method-assign] # history, read after each operation: 0.3 s
        return self._selected

    def exists(self) -> bool:
        """Return whether the run has a stack."""
        try:
            self.stack(create=False)
        except automation.StackNotFoundError:
            return False
        return True

    def pulumi(self, *words: str) -> str:
        """Run a command of Pulumi's on the run's stack; return what it printed on standard output.

        Raises:
            CommandError: It failed.
        """
        workspace = self.stack(create=False).workspace
        environment = {**workspace.env_vars, "PULUMI_HOME": str(self.home)}
        done = _Command().run([*words, "--stack", self.run, "--color", "never"], workspace.work_dir, environment)
        return str(done.stdout)

    def _open(self, create: bool) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(
            pulumi_home=str(self.home), env_vars=backend_variables(), pulumi_command=_Command()
        )
        operation = automation.create_stack if create else automation.select_stack
        if self.source.folder:
            return operation(self.run, work_dir=str(self.source.folder), opts=options)
        # Selecting needs a program too, though none is run: a run may be destroyed by whoever has not its program.
        program = self.source.program or (lambda: None)
        work_dir = self.home / "work"
        work_dir.mkdir(exist_ok=True)
        options.work_dir = str(work_dir)
        return operation(self.run, project_name=PROJECT, program=program, opts=options)  # type: ignore[arg-type]

    def remove(self) -> None:
        """Remove the run's home."""
        shutil.rmtree(self.home, ignore_errors=True)

    def _make_home(self) -> None:
        shared = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
        (shared / "plugins").mkdir(parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("plugins", "credentials.json"):  # the plugins, and a login to Pulumi Cloud
            link = self.home / name
            if (shared / name).exists() and not link.is_symlink():
                link.symlink_to(shared / name)


def _unasked(show_secrets: bool = True) -> automation.UpdateSummary:
    """Return the summary that the Automation API insists on after each operation, and that nobody here reads."""
    return automation.UpdateSummary("update", datetime.now(UTC), "", {}, {}, "not-started")


class _Command(automation.PulumiCommand):
    """Pulumi's command line, which ends when the process that started it does."""

    def __init__(self) -> None:
        try:
            super().__init__()
        except FileNotFoundError:
            raise RunError(
                "`pulumi` is not on PATH. It creates and destroys runs. Install it "
                '(https://www.pulumi.com/docs/install), or in a checkout of Leasehold `eval "$(make -s env)"`.'
            ) from None
        if shutil.which("setpriv"):
            self.command = str(_WRAPPER)
