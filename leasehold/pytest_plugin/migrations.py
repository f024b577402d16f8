"""The migrations that a session names, and the template that they make."""

import json
import secrets
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from ..databases.clones import Databases
from ..databases.migrations import migrate
from ..databases.migrations.folders import inputs
from ..databases.template_notes import Note
from ..errors import LeaseholdError, MigrationError
from ..inputs import Seen, digest, watched, with_imported
from ..leases.issuer import Lease
from ..leases.urls import pairs
from .migrate_command import run_command
from .options import Options

HASH, FILES = "hash", "files"
"""What stands beside a function that migrates: a function that returns what changes with what it does; or names of
files and folders that it reads, relative to pytest's root."""


@dataclass(frozen=True)
class Migrations:
    """What prepares a database.

    Attributes:
        name: As the setting names it.
        root: Pytest's root.
        run: Migrates and seeds, as the lease that it is given.
        key: What changes with what they do; empty where only running them shows what they read.
        file: The function's file, if they are one.
    """

    name: str
    root: Path
    run: Callable[[Lease], object]
    key: str
    file: Path | None = None

    def template(self, databases: Databases, role: str, session: str) -> str:
        """Return a prepared database; make it, unless there is one that they would make again.

        Args:
            databases: The run's.
            role: The role that runs them.
            session: The session of tests.
        """
        if self.key:
            return databases.template(self.key, self.run, role)
        for name, text in databases.templates():
            note = Note.parse(text)
            if note and note.of == self.name and note.is_current(self.root, session):
                return name
        with watched(Seen(self.root.absolute())) as seen:

            def told() -> str:
                begin = {*seen.paths, self.file} if self.file else seen.paths
                paths = sorted(with_imported(seen.root, begin)) if seen.complete else []
                names = tuple(path.relative_to(seen.root).as_posix() for path in paths)
                return str(Note(self.name, names, digest(seen.root, paths), session))

            return databases.template(secrets.token_hex(8), self.run, role, told)


def chosen(settings: Options, root: Path) -> Migrations | None:
    """Return what migrates a session's database; None where nothing does.

    Args:
        settings: The session's.
        root: Pytest's root.

    Raises:
        pytest.UsageError: Two things do, or what does cannot be found.
    """
    if settings.migrations and settings.migrate_command:
        raise pytest.UsageError(
            "leasehold_migrations and leasehold_migrate_command are both set, and it is not known which comes first. "
            "Keep one; a function (module:function) can do both."
        )
    if settings.migrate_command:
        return _command(settings, root)
    return find_migrations(settings.migrations, root) if settings.migrations else None


def _command(settings: Options, root: Path) -> Migrations:
    try:
        words, asked = shlex.split(settings.migrate_command), pairs(settings.migrate_env)
    except (ValueError, LeaseholdError) as error:
        raise pytest.UsageError(f"leasehold_migrate_command: {error}") from None
    secret = settings.password_in_environment

    def run(lease: Lease) -> None:
        run_command(words, lease, root, asked, password_in_environment=secret)

    name = json.dumps([words, asked, secret])
    key = digest(root, _below(root, settings.migration_files, "leasehold_migration_files"))
    read = sha256(f"{name}\0{key}".encode()).hexdigest()[:16] if settings.migration_files else ""
    return Migrations(name, root, run, read)


def find_migrations(named: str, root: Path) -> Migrations:
    """Return what migrates a database.

    Args:
        named: A folder of SQL files, one such file, or ``module:function``.
        root: Pytest's root.

    Raises:
        pytest.UsageError: There is no such folder or function, or it is not known what of the folder runs.
    """
    if ":" in named:
        return _function(named, root)
    path = root / named
    try:
        files = inputs(path)
    except MigrationError as error:
        raise pytest.UsageError(f"leasehold_migrations: {error}") from None

    def run(lease: Lease) -> object:
        with lease.connect() as connection:
            return migrate(connection, path)

    return Migrations(named, root, run, digest(path, files))


def _function(named: str, root: Path) -> Migrations:
    module_name, _, function = named.partition(":")
    try:
        module = import_module(module_name)
        run: Callable[[Lease], object] = getattr(module, function)
    except (ImportError, AttributeError) as error:
        raise pytest.UsageError(f"leasehold_migrations names {named!r}, which is not there ({error}).") from None
    own = Path(str(module.__file__))
    return Migrations(named, root, run, _declared(module, named, root), own if own.is_relative_to(root) else None)


def _declared(module: ModuleType, named: str, root: Path) -> str:
    """Return a key from what a module itself says; empty if it says nothing."""
    own = Path(str(module.__file__))
    if callable(say := getattr(module, HASH, None)):
        return sha256(f"{named}\0{say()}".encode()).hexdigest()[:16]
    if isinstance(names := getattr(module, FILES, None), list | tuple):
        return digest(root, [own, *_below(root, names, f"{FILES}, beside the function that migrates,")])
    return ""


def _below(root: Path, names: Iterable[str | Path], said: str) -> list[Path]:
    """Return files and folders by name, and all that is in the folders.

    Raises:
        pytest.UsageError: There is nothing of the name.
    """
    paths: list[Path] = []
    for name in names:
        path = root / name
        if not path.exists():
            raise pytest.UsageError(f"{said} names {path}, which is not there.")
        paths += [path, *(one for one in path.rglob("*") if "__pycache__" not in one.parts)]
    return paths
