"""Sessions for tests of reports: realistic ones of any size, always the same for a seed."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from leasehold.denials.model import Denial, Kind, LeaseSpan, Notice, Phase, Session, Verdict

BEGAN = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
ROLES = ["migrator", "reader", "writer", "auditor", "clerk"]
TABLES = ["shop.customers", "shop.orders", "shop.payroll", "shop.order_lines", "shop.invoices"]
_LOGINS = {
    Kind.WRONG_PASSWORD: "28P01",
    Kind.EXPIRED_LOGIN: "28P01",
    Kind.REVOKED_LOGIN: "28P01",
    Kind.UNKNOWN_LOGIN: "28P01",
    Kind.NOT_IN_HBA: "28000",
    Kind.NO_TLS: "28000",
    Kind.TOO_MANY_CONNECTIONS: "53300",
}
_PRIVILEGES = [Kind.TABLE, Kind.COLUMN, Kind.SCHEMA, Kind.SEQUENCE, Kind.OWNERSHIP, Kind.ROW_SECURITY]
_BROKER = [Kind.BROKER_PERMISSION, Kind.EXPIRED_TOKEN, Kind.OPENED_TWICE]
_SHARE = 0.7  # of denials that are of privileges


def denial(**fields: Any) -> Denial:
    """Return a plausible denial, with these fields in place of its own."""
    plain: dict[str, Any] = {
        "number": 1,
        "time": BEGAN + timedelta(seconds=1),
        "source": "database",
        "kind": Kind.TABLE,
        "code": "42501",
        "role": "reader",
        "login": "reader_bskcriazhpadvifg",
        "action": "DELETE",
        "on": "shop.orders",
        "statement": "DELETE FROM shop.orders WHERE id = ?",
        "message": "permission denied for table orders",
        "reason": "The role reader has no DELETE on shop.orders.",
        "declaration": '{"name": "reader", "grants": [{"schema": "shop", "tables": ["orders"], "privileges": []}]}',
        "remedy": '{"schema": "shop", "tables": ["orders"], "privileges": ["DELETE"]}',
        "test": "tests/test_orders.py::test_cancel",
        "phase": Phase.CALL,
    }
    return Denial.model_validate({**plain, **fields})


def session(*denials: Denial, notices: Sequence[Notice] = (), **fields: Any) -> Session:
    """Return a session of these denials."""
    plain: dict[str, Any] = {
        "run": "t-1",
        "began": BEGAN,
        "ended": BEGAN + timedelta(minutes=2),
        "tests": 3,
        "roles": ROLES,
        "denials": list(denials),
        "leases": [],
        "notices": list(notices),
    }
    return Session.model_validate({**plain, **fields})


def sample(denials: int = 100, leases: int = 300, workers: int = 8, seed: int = 1) -> Session:
    """Return a session of many tests on several workers.

    Args:
        denials: How many were refused.
        leases: How many leases there were; each is of one test.
        workers: Of xdist.
        seed: Of all that is left to chance.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    spans = [_lease(chance, number, workers) for number in range(leases)]
    refused = sorted((_denial(chance, chance.choice(spans)) for _ in range(denials)), key=lambda d: d.time)
    return session(
        *(found.model_copy(update={"number": number}) for number, found in enumerate(refused, start=1)),
        leases=spans,
        tests=leases,
        ended=BEGAN + timedelta(seconds=2 + leases * 0.9 / workers),
        notices=[
            Notice(kind="unused role", role="auditor", message="No test took a lease of auditor."),
            Notice(
                kind="wider role than needed",
                role="writer",
                test=spans[0].test,
                message="The test ran as writer, and its statements need no more than reader has.",
            ),
        ],
    )


def _lease(chance: random.Random, number: int, workers: int) -> LeaseSpan:
    role = chance.choice(ROLES[1:])
    began = BEGAN + timedelta(seconds=1 + (number // workers) * 0.9 + chance.uniform(0, 0.3))
    end = chance.choices(("revoked", "expired", "open"), (91, 8.7, 0.3))[0]
    return LeaseSpan(
        login=f"{role}_{''.join(chance.choices('abcdefghijkmnpqrstuvwxyz', k=16))}",
        role=role,
        test=f"tests/{chance.choice(['test_orders', 'test_reports', 'billing/test_invoices'])}.py::test_case_{number}",
        worker=f"gw{number % workers}",
        began=began,
        ended=None if end == "open" else began + timedelta(seconds=chance.uniform(0.3, 1.1)),
        end=_end(end),
        term=600,
        connections=chance.randint(0, 4),
    )


def _denial(chance: random.Random, lease: LeaseSpan) -> Denial:
    verdict = chance.choices(list(Verdict), (45, 40, 15))[0]
    common: dict[str, Any] = {
        "time": lease.began + timedelta(seconds=chance.uniform(0.01, 0.3)),
        "role": lease.role,
        "login": lease.login,
        "test": lease.test,
        "worker": lease.worker,
        "phase": chance.choices(list(Phase)[:4], (5, 80, 10, 5))[0],
        "verdict": verdict,
        "because": "" if verdict is Verdict.UNEXPECTED else "leases of this role are tried on purpose",
    }
    if chance.random() < _SHARE:
        return denial(**common, **_privilege(chance, lease.role))
    if chance.random() < _SHARE:
        kind = chance.choice(list(_LOGINS))
        return denial(**common, **_plain(kind, _LOGINS[kind], "CONNECT", "app", "database"))
    return denial(**common, **_plain(chance.choice(_BROKER), "", "read", "database/creds/clerk", "broker"))


def _privilege(chance: random.Random, role: str) -> dict[str, Any]:
    table, action = chance.choice(TABLES), chance.choice(["SELECT", "INSERT", "UPDATE", "DELETE"])
    return {
        "kind": chance.choice(_PRIVILEGES),
        "action": action,
        "on": table,
        "statement": f"{action} /* as the application wrote it */\n  FROM {table}\n  WHERE customer = ? AND total > ?",
        "message": f"permission denied for table {table.partition('.')[2]}",
        "reason": f"The role {role} has no {action} on {table}.",
        "declaration": f'{{"name": "{role}", "grants": [{{"schema": "shop", "tables": ["notes"], "privileges": []}}]}}',
        "remedy": f'{{"schema": "shop", "tables": ["{table.partition(".")[2]}"], "privileges": ["{action}"]}}',
    }


def _plain(kind: Kind, code: str, action: str, on: str, source: str) -> dict[str, Any]:
    said = {"message": f"refused: {kind.value}", "reason": f"The {source} refused it: {kind.value}."}
    policy = f'path "{on}" {{ capabilities = ["{action}"] }}'
    remedy = policy if kind is Kind.BROKER_PERMISSION else "Take a lease of the test's own."
    nothing = {"statement": "", "declaration": "", "remedy": remedy}
    return {"kind": kind, "code": code, "action": action, "on": on, "source": source, **said, **nothing}


def _end(word: str) -> Literal["revoked", "expired", "open"]:
    return "revoked" if word == "revoked" else "expired" if word == "expired" else "open"
