"""Somebody else's system in a run: migrated by its owner's lease, used by leases of its scoped roles."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components import Environment, EnvironmentArgs
from leasehold import Run
from leasehold.databases.clones import Databases
from leasehold.leases.handover import environment
from leasehold.proofs.audit import Audit, audit

OWNER = "owner"
"""The role that migrates, in each system's declaration."""


def program(args: EnvironmentArgs) -> Callable[[], None]:
    """Return a stack program that declares an environment and exports it."""

    def declare() -> None:
        for name, value in Environment("system", args).outputs.items():
            pulumi.export(name, value)

    return declare


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
        lease = self.run.issuer.lease(role, clone)
        self.databases.admit(clone, lease)
        try:
            with environment(lease, os.environ, variables) as given:
                done = subprocess.run(words, cwd=self.folder, env=given, capture_output=True, text=True, check=False)
        finally:
            self.run.issuer.revoke(lease)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def audit(self) -> Audit:
        """Compare what the roles can do in the migrated database with what was declared."""
        return audit(self.run.issuer, self.template)
