"""Findings in the servers' logs: use of a root token, of the provisioner's login, of a wide policy, of a superuser."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...contract import DATABASE_MOUNT, LEASE_POLICY, OPERATOR, ORCHESTRATOR, PROVISIONER
from ...denials.sources.database_log import Record, records
from ...denials.sources.whole_logs import kept_connections, read_on, whole_log

ROOT = "root"
OURS = (ROOT, PROVISIONER, ORCHESTRATOR, OPERATOR, "response-wrapping")
"""Policies that read no credentials; the last opens one wrapped answer (OpenBao manual, Response Wrapping)."""

CONFIGURES = {
    ("update", f"auth/userpass/login/{PROVISIONER}"),
    ("read", "auth/token/lookup-self"),
    ("update", "auth/token/revoke-self"),
}
"""What Pulumi's provider asks whenever it is configured, for a preview too. A login gives nothing until its token is
used for something else, and then that is a finding."""

LOST = "the beginning of the {}'s log is lost (so many megabytes of it are kept), and what it told with it"

_STARTS, _CONNECTED = "starting PostgreSQL", "connection authorized: "
_CONNECTIONS = (f'"message":"{_STARTS}', f'"message":"{_CONNECTED}')
_STATEMENTS = ('"message":"statement: ', '"message":"execute ')


def log_findings(run: str, connections: Iterable[Record], superusers: Iterable[str]) -> list[str]:
    """Return what a run's logs hold against it, a line each.

    Args:
        run: Its name.
        connections: What its database's log tells of connections.
        superusers: Logins that are not allowed over the network.

    Raises:
        LogError: A log cannot be read.
    """
    return [*broker_findings(whole_log(run, "broker")), *database_findings(connections, superusers)]


def database_log(run: str, connections: list[Record]) -> Iterator[Record]:
    """Yield the records of statements in the database server's log; read it to its end.

    A log that outgrows what is kept of it while it is read is read on from where it begins then: of what is lost in
    between, the server keeps what tells of connections.

    Args:
        run: The run's name.
        connections: Takes the records of starts and connections; once the log is read it has all there ever were.

    Raises:
        LogError: It cannot be read.
    """
    lines = (line for line in read_on(run, "database") if any(word in line for word in (*_CONNECTIONS, *_STATEMENTS)))
    found = list[Record]()
    for record in records(lines):
        if str(record.get("message", "")).startswith((_STARTS, _CONNECTED)):
            found.append(record)
        else:
            yield record
    # After it, not before: a file that was removed meanwhile has its connections there.
    connections += [*records(kept_connections(run)), *found]


def broker_findings(lines: Iterable[str]) -> list[str]:
    """Read an audit log (OpenBao manual, Audit Devices).

    Its own set-up ends when it revokes its root token; Pulumi's, when the first lease is read. Later requests with
    either login are findings, refused ones too, but for those with which Pulumi's provider configures itself; and so is
    every one that succeeded with more than one role's policy. A log without its beginning is one, too.
    """
    found, initialised, in_use = [], False, False
    for entry in _responses(lines):
        request, auth = entry["request"], entry.get("auth") or {}
        policies = _policies(auth)
        what = f"{request.get('operation')} {request.get('path')} by {auth.get('display_name') or 'nobody'}"
        if policies and ROOT not in policies and not initialised:
            found.append(LOST.format("broker"))
            initialised = in_use = True
        if ROOT in policies and initialised:
            found.append(f"root token used after initialisation: {what}")
        if ROOT in policies and request.get("path") == "auth/token/revoke-self":
            initialised = True
        asked = (request.get("operation"), request.get("path"))
        if PROVISIONER in policies and in_use and asked not in CONFIGURES:
            found.append(f"set-up login used after set-up: {what}")
        if entry.get("error"):
            continue
        if str(request.get("path", "")).startswith(f"{DATABASE_MOUNT}/creds/"):
            in_use = True
        if len(policies) > 1:
            found.append(f"policies of more than one role ({', '.join(policies)}): {what}")
        elif policies and policies[0] not in OURS and not policies[0].startswith(LEASE_POLICY):
            found.append(f"a policy that is no role's ({policies[0]}): {what}")
    return found


def _policies(auth: dict[str, Any]) -> list[str]:
    """Return all that a token may act by: its own policies, and those of its entity."""
    named = (auth.get(kind) or [] for kind in ("token_policies", "identity_policies", "policies"))
    return list(dict.fromkeys(policy for policies in named for policy in policies))


def database_findings(log: Iterable[Record], superusers: Iterable[str]) -> list[str]:
    """Read the server's log of connections, some of it perhaps twice: no superuser comes over the network."""
    found, named, started = list[str](), frozenset(superusers), False
    for record in log:
        message, host = str(record.get("message", "")), str(record.get("remote_host", "[local]"))
        started = started or message.startswith(_STARTS)
        if message.startswith(_CONNECTED) and host != "[local]":
            if not started:
                found.append(LOST.format("database"))
                started = True
            if record.get("user") in named:
                found.append(f"superuser session from {host}")
    return list(dict.fromkeys(found))


def _responses(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if '"type":"response"' in line:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # cut off by the log's rotation
