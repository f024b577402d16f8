"""Somebody else's system in a run: migrated by its owner's lease, used by leases of its scoped roles."""

import json
import os
import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import pulumi

from components import Environment, EnvironmentArgs
from leasehold import Lease, Run
from leasehold.databases.clones import Databases
from leasehold.denials.sources.database_log import records
from leasehold.denials.sources.whole_logs import whole_log
from leasehold.leases.handover import environment
from leasehold.proofs.audit import Audit, audit

from ..support import until

OWNER = "owner"
"""The role that migrates, in each system's declaration."""


def program(args: EnvironmentArgs) -> Callable[[], None]:
    """Return a stack program that declares an environment and exports it."""

    def declare() -> None:
        for name, value in Environment("system", args).outputs.items():
            pulumi.export(name, value)

    return declare


def check_suggestion(used: Callable[[Any], Audit], declared: Any) -> None:
    """Use a system with a role as it is declared, and then as the audit suggests: that is enough, and no more is left.

    Args:
        used: Makes a run with that role, uses the system, and audits it.
        declared: The role.
    """
    found = used(declared)
    assert found.lines() == []
    [enough] = map(json.loads, found.unused)
    again = used(enough)
    assert (again.lines(), again.unused) == ([], ())


@dataclass(frozen=True)
class System:
    """A run with a migrated database.

    Attributes:
        run: The run.
        databases: Makes clones of it.
        folder: Where the system's programs run.
        template: The migrated database.
    """

    run: Run
    databases: Databases
    folder: Path
    template: str

    def use(self, clone: str, role: str, words: Sequence[str], **variables: str) -> str:
        """Run one of the system's programs in a clone as a role's lease; return what it printed.

        Args:
            clone: The clone.
            role: The role.
            words: The program and its words.
            variables: Templates of more environment variables (`leasehold.leases.urls.fill`).
        """
        with self._lease(clone, role) as lease, environment(lease, os.environ, variables) as given:
            done = subprocess.run(words, cwd=self.folder, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, clone: str, role: str, query: LiteralString) -> list[tuple[object, ...]]:
        """Return the rows of a query in a clone as a role's lease."""
        with self._lease(clone, role) as lease, lease.connect() as connection:
            return connection.execute(query).fetchall()

    @contextmanager
    def _lease(self, clone: str, role: str) -> Iterator[Lease]:
        lease = self.run.issuer.lease(role, clone)
        self.databases.admit(clone, lease)
        try:
            yield lease
        finally:
            self.run.issuer.revoke(lease)

    def refused(self) -> list[str]:
        """Return what the server has refused for want of a privilege; a system may swallow it and end well."""
        self.databases.mark(mark := secrets.token_hex(8))
        lines: list[str] = []

        def all_there() -> bool:
            lines[:] = whole_log(self.run.name, "database")
            return any(mark in line for line in lines)

        until(all_there)
        return [str(record["message"]) for record in records(lines) if record.get("state_code") == "42501"]

    def audit(self) -> Audit:
        """Compare what the roles can do in the migrated database with what was declared."""
        return audit(self.run.issuer, self.template)
