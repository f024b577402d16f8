"""A command that migrates: the program of any tool, with a lease as its environment."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import MigrationError
from ..leases.handover import environment
from ..leases.issuer import Lease

_MOST_LINES = 30


def run_command(
    words: Sequence[str], lease: Lease, folder: Path, asked: Mapping[str, str], *, password_in_environment: bool = False
) -> None:
    """Run a command as a lease; what it prints is shown if it fails.

    Args:
        words: The command's.
        lease: The lease.
        folder: Where it runs.
        asked: Templates of more variables, by name (`leasehold.leases.urls.fill`).
        password_in_environment: Set PGPASSWORD in place of PGPASSFILE.

    Raises:
        MigrationError: It is not there, or failed.
        LeaseholdError: A template cannot be filled.
    """
    # Pytest may run in an environment that nobody activated: its programs come first.
    own = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    with environment(lease, own, asked, password_in_environment=password_in_environment) as given:
        try:
            done = subprocess.run(
                words,
                cwd=folder,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise MigrationError(
                f"leasehold_migrate_command: {words[0]!r} cannot be started in {folder} ({error.strerror}). It is a "
                "program and its words, and no shell reads it."
            ) from None
    if done.returncode:
        told = done.stdout.replace(lease.password.get_secret_value(), "***").strip().splitlines()[-_MOST_LINES:]
        raise MigrationError(
            f"leasehold_migrate_command: `{shlex.join(words)}` ended with exit status {done.returncode}, so there is "
            "no migrated database. It said:\n" + "\n".join(told or ["(nothing)"])
        )
