"""Other people's systems, each in a run of its own: its declaration is its own."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from components import EnvironmentArgs
from leasehold import Lease
from leasehold.databases.clones import Databases
from leasehold.pytest_plugin.migrate_command import run_command

from ..conftest import MakeRun
from .system import OWNER, System, program

Migrated = Callable[..., System]


@pytest.fixture
def migrated(make_run: MakeRun, tmp_path: Path) -> Iterator[Migrated]:
    """Write files, make a run with a declaration, and have a program among them migrate its database as the owner."""
    with ExitStack() as opened:

        def migrate(
            declaration: EnvironmentArgs, files: Mapping[str, str], words: Sequence[str], **variables: str
        ) -> System:
            for name, text in files.items():
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_text(text)
            run = make_run(program(declaration))
            databases = Databases(run.issuer)
            opened.callback(databases.close)

            def prepare(lease: Lease) -> None:
                run_command(words, lease, tmp_path, variables)

            return System(run, databases, tmp_path, databases.template(secrets.token_hex(4), prepare, OWNER))

        yield migrate
