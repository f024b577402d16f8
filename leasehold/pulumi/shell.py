"""The part of the user's shell that does not count for a run: settings of another broker, and proxies."""

from collections.abc import Mapping

BROKERS = ("VAULT_", "BAO_")
"""Begin variables by which clients of Vault and OpenBao find a broker, and log in to it."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
HERE = ("127.0.0.1", "localhost")


def neutral(own: Mapping[str, str]) -> dict[str, str]:
    """Return variables that take the effect of others away from a run's Pulumi and its plugins.

    An empty variable counts as unset for them. A proxy stays, since Pulumi may download through it, but nothing on this
    host is reached through it.

    Args:
        own: The user's environment.
    """
    changed = {name: "" for name in own if name.startswith(BROKERS)}
    if any(own.get(name) or own.get(name.lower()) for name in PROXIES):
        for name in ("NO_PROXY", "no_proxy"):
            there = [host for host in own.get(name, "").split(",") if host]
            changed[name] = ",".join(dict.fromkeys([*there, *HERE]))
    return changed
