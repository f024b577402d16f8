"""A tool migrates as the owner's lease; a reader's lease reads what it made, in a clone."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
import pytest

from leasehold import Lease, Run
from leasehold.databases.clones import Databases
from leasehold.pytest_plugin.migrate_command import run_command
from tests.shared import SharedRuns

from ..support import PROJECTS

Migrated = Callable[..., list[str]]


@pytest.fixture
def tools(shared_runs: SharedRuns) -> Run:
    return shared_runs.get("tools", PROJECTS / "tools")


@pytest.fixture
def migrated(tools: Run, tmp_path: Path) -> Iterator[Migrated]:
    """Write files, run a command among them as `leasehold_migrate_command` does; return a table's columns."""
    databases = Databases(tools.issuer)
    made: list[str] = []

    def migrate(
        files: Mapping[str, str],
        words: Sequence[str],
        table: str,
        asked: Mapping[str, str] | None = None,
        role: str = "owner",
    ) -> list[str]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)

        def prepare(lease: Lease) -> None:
            run_command(words, lease, tmp_path, asked or {})

        made.append(databases.template(secrets.token_hex(4), prepare, role))
        with databases.clone(made[-1]) as clone:
            lease = tools.issuer.lease("reader", clone)
            databases.admit(clone, lease)
            try:
                with lease.connect() as connection:
                    columns = connection.execute(
                        psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table))
                    )
                    return [column.name for column in columns.description or ()]
            finally:
                tools.issuer.revoke(lease)

    yield migrate
    for name in made:
        databases.drop(name)
    databases.close()
