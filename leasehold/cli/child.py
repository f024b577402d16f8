"""A command that works as a lease, for as long as it runs."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BrokerError, DatabaseError, LeaseholdError
from ..shell import swaying

if TYPE_CHECKING:
    from ..leases.issuer import Lease, LeaseIssuer

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_NOT_FOUND = 127  # as shells do


def run_as_lease(
    issuer: "LeaseIssuer",
    role: str,
    command: Sequence[str],
    *,
    database: str | None = None,
    password_in_environment: bool = False,
) -> int:
    """Run a command as a new lease; return its exit status, 128 and the signal's number if a signal ended it.

    Args:
        issuer: Asks the run's broker.
        role: The role.
        command: Program and arguments.
        database: A database of the run's; its own when not given.
        password_in_environment: Set PGPASSWORD, which other processes of this user can read, in place of PGPASSFILE.

    Raises:
        UnknownRoleError: The run declares no such role.
        BrokerError: The broker refused, or did not answer.
    """
    lease = issuer.lease(role, database)
    try:
        if database:
            _admit(issuer, database, lease)
        swayed = frozenset(swaying(os.environ))
        own = {name: value for name, value in os.environ.items() if name not in swayed}
        environment = {**own, **variables(lease)}
        if password_in_environment:
            environment["PGPASSWORD"] = lease.password.get_secret_value()
            return _run(command, environment, issuer, lease)
        with password_file(lease) as passfile:
            return _run(command, {**environment, "PGPASSFILE": str(passfile)}, issuer, lease)
    finally:
        revoke(issuer, lease)


def _admit(issuer: "LeaseIssuer", database: str, lease: "Lease") -> None:
    """Let a lease into a clone."""
    from ..databases.clones import Databases  # noqa: PLC0415 - slow to import

    databases = Databases(issuer)
    try:
        if database not in databases.names():
            raise DatabaseError(f"Run {issuer.outputs.run!r} has no database {database!r}.")
        databases.admit(database, lease)
    finally:
        databases.close()


def variables(lease: "Lease") -> dict[str, str]:
    """Return libpq's environment variables for a lease, none of them secret."""
    return {
        "PGHOST": lease.host,
        "PGPORT": str(lease.port),
        "PGDATABASE": lease.database,
        "PGSSLMODE": str(lease.parameters["sslmode"]),
        "PGSSLROOTCERT": lease.authority_file,
        "PGUSER": lease.user,
    }


def passfile_line(lease: "Lease") -> str:
    """Return a line of a password file (PostgreSQL 18 manual, 32.16): ``\\`` and ``:`` escaped."""
    fields = (lease.host, str(lease.port), lease.database, lease.user, lease.password.get_secret_value())
    return ":".join(field.replace("\\", "\\\\").replace(":", "\\:") for field in fields) + "\n"


@contextmanager
def password_file(lease: "Lease") -> Iterator[Path]:
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


def revoke(issuer: "LeaseIssuer", lease: "Lease") -> None:
    """Revoke a lease; if that fails, the command's own outcome still counts."""
    try:
        issuer.revoke(lease)
    except BrokerError as error:
        print(f"leasehold: the lease was not revoked and ends within {lease.term} s: {error}", file=sys.stderr)


def _run(command: Sequence[str], environment: dict[str, str], issuer: "LeaseIssuer", lease: "Lease") -> int:
    try:
        child = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"leasehold: {command[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_FOUND
    before = {number: signal.signal(number, _handler(child, number)) for number in PASSED_ON}
    ended = threading.Event()
    renewal = threading.Thread(target=keep_alive, args=(issuer, lease, ended), daemon=True)
    renewal.start()
    try:
        status = child.wait()
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def _handler(child: subprocess.Popen[bytes], number: signal.Signals) -> Callable[[int, object], None] | signal.Handlers:
    """Return what to do with a signal: pass it on, unless the terminal has sent it to the child as well."""
    if number in (signal.SIGINT, signal.SIGQUIT) and is_in_foreground():
        return signal.SIG_IGN
    return lambda got, _: child.send_signal(got)


def is_in_foreground() -> bool:
    """Return whether a terminal's Ctrl-C reaches this process, and its children: wherever their input is from."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False  # it has none
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def keep_alive(issuer: "LeaseIssuer", lease: "Lease", ended: threading.Event) -> None:
    """Renew a lease whenever half of its term is over, as long as that gains something: it ends at its `max_term`."""
    pause = lease.term / 2
    while not ended.wait(pause):
        try:
            pause = issuer.renew(lease) / 2
        except BrokerError:
            return  # the command meets the end of its lease as it would in production
        if pause <= lease.term / 4:
            return  # it has reached its longest term
