"""A lease handed to another program: environment variables, a password file in memory, and URLs."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from ..errors import LeaseholdError
from ..shell import swaying
from .issuer import Lease
from .urls import fill, url

URL = "DATABASE_URL"
"""Where many tools and frameworks look for a database, and nowhere else. The shell's own leads elsewhere."""


def variables(lease: Lease) -> dict[str, str]:
    """Return libpq's environment variables for a lease, none of them secret."""
    return {
        "PGHOST": lease.host,
        "PGPORT": str(lease.port),
        "PGDATABASE": lease.database,
        "PGSSLMODE": str(lease.parameters["sslmode"]),
        "PGSSLROOTCERT": lease.authority_file,
        "PGUSER": lease.user,
    }


def urls(
    lease: Lease, asked: Mapping[str, str], passfile: Path | str | None, *, with_password: bool = False
) -> dict[str, str]:
    """Return the variables that were asked for, and `DATABASE_URL`, which holds no password unless it was asked for.

    Args:
        lease: The lease.
        asked: Templates by the variable's name, see `leasehold.leases.urls.fill`.
        passfile: The password file; None for none.
        with_password: Whether a template may ask for the password.

    Raises:
        LeaseholdError: A template cannot be filled.
    """
    filled = {name: fill(text, lease, passfile, with_password=with_password) for name, text in asked.items()}
    # Without `passfile`, which some drivers take for a setting of the server's; all know PGPASSFILE.
    return {URL: url(lease), **filled}


@contextmanager
def environment(
    lease: Lease,
    own: Mapping[str, str],
    asked: Mapping[str, str] | None = None,
    *,
    password_in_environment: bool = False,
) -> Iterator[dict[str, str]]:
    """Give the environment of a program that works as a lease, for the length of a block.

    What decides in `own` where a connection to a database goes, and as whom, is not in it.

    Args:
        lease: The lease.
        own: This process's environment.
        asked: Templates by the variable's name, see `leasehold.leases.urls.fill`.
        password_in_environment: Set PGPASSWORD, which other processes of this user can read, in place of PGPASSFILE,
            and let templates ask for the password.

    Raises:
        LeaseholdError: A template cannot be filled, or this system cannot hold the password file in memory.
    """
    swayed = {*swaying(own), URL}
    kept = {name: value for name, value in own.items() if name not in swayed}
    with nullcontext() if password_in_environment else password_file(lease) as passfile:
        secret = {"PGPASSFILE": str(passfile)} if passfile else {"PGPASSWORD": lease.password.get_secret_value()}
        filled = urls(lease, asked or {}, passfile, with_password=password_in_environment)
        yield {**kept, **variables(lease), **secret, **filled}


def passfile_line(lease: Lease) -> str:
    """Return a line of a password file (PostgreSQL 18 manual, 32.16): ``\\`` and ``:`` escaped."""
    fields = (lease.host, str(lease.port), lease.database, lease.user, lease.password.get_secret_value())
    return ":".join(field.replace("\\", "\\\\").replace(":", "\\:") for field in fields) + "\n"


@contextmanager
def password_file(lease: Lease) -> Iterator[Path]:
    """Give a password file, readable by its owner alone, for the length of a block.

    It is a file in memory without a name in any folder (memfd_create(2)), reached through this process: when the
    process ends, however it ends, the file is gone.

    Raises:
        LeaseholdError: This system has no such files.
    """
    if not hasattr(os, "memfd_create"):
        raise LeaseholdError(
            "This system cannot hold the password file in memory, which takes Linux. Where other processes of this "
            "user are trusted, use --password-in-environment."
        )
    handle = os.memfd_create("leasehold-pgpass", os.MFD_CLOEXEC)
    with open(handle, "w") as file:
        os.fchmod(handle, 0o600)
        file.write(passfile_line(lease))
        file.flush()
        yield Path(f"/proc/{os.getpid()}/fd/{handle}")
