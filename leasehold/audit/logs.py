"""What the servers' own logs tell: who used a root token, the set-up's login, a wide policy, a superuser."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .. import engine
from ..outputs import OPERATOR

ROOT = "root"
PROVISIONER = "provisioner"
ORCHESTRATOR = "leasehold_orchestrator"
LEASE = "lease-"
OURS = (ROOT, PROVISIONER, ORCHESTRATOR, OPERATOR, "response-wrapping")
"""Policies that read no credentials; the last opens one wrapped answer (OpenBao manual, Response Wrapping)."""

# PostgreSQL's log_line_prefix names user and host; a session over the container's socket is `[local]`.
_SUPERUSER = re.compile(r"host=(?!\[local\])(\S+) .*connection authorized: user=postgres\b")


def log_findings(run: str) -> list[str]:
    """Return what a run's logs hold against it, a line each.

    Raises:
        EngineError: The Docker Engine cannot be reached.
    """
    broker = engine.log_of(f"leasehold-{run}-broker")
    return [*broker_findings(broker), *database_findings(database_log(run))]


def database_log(run: str) -> list[str]:
    """Return the lines of the database server's log.

    Raises:
        EngineError: The Docker Engine cannot be reached.
    """
    return engine.log_of(f"leasehold-{run}-database")


def broker_findings(lines: Iterable[str]) -> list[str]:
    """Read an audit log (OpenBao manual, Audit Devices).

    Its own set-up ends when it revokes its root token; Pulumi's, when the first lease is read. Later requests with
    either login are findings, and so is every one that succeeded with more than one role's policy.
    """
    found, initialised, in_use = [], False, False
    for entry in _responses(lines):
        request, auth = entry["request"], entry.get("auth") or {}
        policies = list(auth.get("token_policies") or auth.get("policies") or [])
        what = f"{request.get('operation')} {request.get('path')} by {auth.get('display_name') or 'nobody'}"
        if ROOT in policies and initialised:
            found.append(f"root token used after initialisation: {what}")
        if ROOT in policies and request.get("path") == "auth/token/revoke-self":
            initialised = True
        if entry.get("error"):
            continue
        if PROVISIONER in policies and in_use:
            found.append(f"set-up login used after set-up: {what}")
        if str(request.get("path", "")).startswith("database/creds/"):
            in_use = True
        if len(policies) > 1:
            found.append(f"policies of more than one role ({', '.join(policies)}): {what}")
        elif policies and policies[0] not in OURS and not policies[0].startswith(LEASE):
            found.append(f"a policy that is no role's ({policies[0]}): {what}")
    return found


def database_findings(lines: Iterable[str]) -> list[str]:
    """Read the server's log: no superuser comes over the network."""
    return [f"superuser session from {match[1]}" for line in lines if (match := _SUPERUSER.search(line))]


def _responses(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if '"type":"response"' in line:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # cut off by the log's rotation
