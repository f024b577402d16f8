"""The user's shell: who it is, and what of it does not count for a run: settings of another broker or database, and
proxies."""

import getpass
from collections.abc import Callable, Mapping

BROKERS = ("VAULT_", "BAO_")
"""Begin variables by which clients of Vault and OpenBao find a broker, and log in to it."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
LIBPQ = "PG"
"""Begins variables from which libpq and psycopg take what a caller leaves out (PostgreSQL 18 manual, 32.15)."""

HARMLESS = frozenset({"PGAPPNAME", "PGCLIENTENCODING", "PGDATESTYLE", "PGTZ"})
"""Those that say how things look, not where to and as whom."""

HERE = ("127.0.0.1", "localhost")
_LOGINS = ("DATABASE_URL", "PGPASSWORD")


def user() -> str:
    """Return the user's name, or that it is not known."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry for the uid, as in many images, and wherever a cluster chooses the uid
        return "unknown"


def swaying(own: Mapping[str, str]) -> list[str]:
    """Return the names of variables that would decide where a connection to a database goes, and as whom.

    Args:
        own: The user's environment.
    """
    return [name for name in own if name.startswith(LIBPQ) and name not in HARMLESS]


def without_logins(own: Mapping[str, str]) -> dict[str, str]:
    """Return variables without what logs in to a database or another broker: for a process that outlives its caller.

    Args:
        own: The user's environment.
    """
    unused = {*_LOGINS, *swaying(own)}
    return {name: value for name, value in own.items() if name not in unused and not name.startswith(BROKERS)}


def neutral(own: Mapping[str, str], gateway: Callable[[], str]) -> dict[str, str]:
    """Return variables that take the effect of others away from a run's Pulumi and its plugins.

    An empty variable counts as unset for them. They want a user's name, and know no other source where the system has
    none for the uid (Go, os/user). A proxy stays, since Pulumi may download through it, but nothing on this host is
    reached through it, nor is a run.

    Args:
        own: The user's environment.
        gateway: Tells where this process reaches runs, or nothing where each run tells that itself; it is asked only
            where there is a proxy.
    """
    changed = {name: "" for name in own if name.startswith(BROKERS)}
    if not own.get("USER"):
        changed["USER"] = user()
    if any(own.get(name) or own.get(name.lower()) for name in PROXIES):
        for name in ("NO_PROXY", "no_proxy"):
            there = [host for host in own.get(name, "").split(",") if host]
            changed[name] = ",".join(dict.fromkeys(filter(None, [*there, *HERE, gateway()])))
    return changed
