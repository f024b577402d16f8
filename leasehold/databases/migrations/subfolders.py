"""Folders with a folder for each migration: Prisma's (``migration.sql``) and Diesel's (``up.sql``)."""

import tomllib
from dataclasses import replace
from pathlib import Path

from .script import Script, Transaction, read

_DIESEL = "up.sql"
_FILES = ("migration.sql", _DIESEL)
_SETTINGS = "metadata.toml"


def find(folder: Path) -> list[Path]:
    """Return the files that run, in the order of their folders' names; none if the folder is of no such kind."""
    return next((found for name in _FILES if (found := sorted(folder.glob(f"*/{name}")))), [])


def settings_file(path: Path) -> Path:
    """Return the file with a migration's own settings, which may not be there (Diesel's guide, Migrations)."""
    return path.with_name(_SETTINGS)


def scripts(folder: Path, paths: list[Path]) -> list[Script]:
    """Read what runs. Diesel begins a transaction for each; Prisma hands the server the file as it is."""
    return [_of_diesel(read(path, folder)) if path.name == _DIESEL else read(path, folder) for path in paths]


def _of_diesel(script: Script) -> Script:
    file = settings_file(script.path)
    settings = tomllib.loads(file.read_text()) if file.exists() else {}
    asked = script.transaction is Transaction.NONE or settings.get("run_in_transaction") is False
    transaction = Transaction.NONE if asked else Transaction.ONE
    return replace(script, transaction=transaction, ask=f"`run_in_transaction = false` in {_SETTINGS}")
