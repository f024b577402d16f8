"""A command that works as a lease, for as long as it runs."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import BrokerError, DatabaseError

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
    asked: Mapping[str, str] | None = None,
    password_in_environment: bool = False,
) -> int:
    """Run a command as a new lease; return its exit status, 128 and the signal's number if a signal ended it.

    Args:
        issuer: Asks the run's broker.
        role: The role.
        command: Program and arguments.
        database: A database of the run's; its own when not given.
        asked: Templates of more variables, by name (`leasehold.leases.urls.fill`).
        password_in_environment: Set PGPASSWORD, which other processes of this user can read, in place of PGPASSFILE.

    Raises:
        UnknownRoleError: The run declares no such role.
        BrokerError: The broker refused, or did not answer.
        LeaseholdError: A template cannot be filled.
    """
    from ..leases.handover import environment  # noqa: PLC0415 - slow to import

    lease = issuer.lease(role, database)
    try:
        if database:
            _admit(issuer, database, lease)
        with environment(lease, os.environ, asked, password_in_environment=password_in_environment) as given:
            return _run(command, given, issuer, lease)
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


def revoke(issuer: "LeaseIssuer", lease: "Lease") -> None:
    """Revoke a lease; if that fails, the command's own outcome still counts."""
    try:
        issuer.revoke(lease)
    except BrokerError as error:
        print(f"leasehold: the lease was not revoked and ends within {lease.term} s: {error}", file=sys.stderr)


def _run(command: Sequence[str], environment: dict[str, str], issuer: "LeaseIssuer", lease: "Lease") -> int:
    from ..leases.renewal import kept_alive  # noqa: PLC0415 - slow to import

    try:
        child = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"leasehold: {command[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_FOUND
    before = {number: signal.signal(number, _handler(child, number)) for number in PASSED_ON}
    try:
        with kept_alive(issuer, lease):
            status = child.wait()
    finally:
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
