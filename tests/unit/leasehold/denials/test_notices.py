"""Quiet trouble, and none where there is none."""

from datetime import UTC, datetime

import pytest

from leasehold.denials.collector import Collector
from leasehold.denials.model import Notice
from leasehold.denials.notices import notices
from leasehold.denials.session_state import SessionState

from .facts import LEASE, OTHER, ROLES, lease, line, session_state
from .logs import authorized, feed, mark, sent

NOW = datetime(2026, 11, 24, 18, 18, 7, 741000, UTC).timestamp()


def noticed(collected: Collector, kept: SessionState, *refused: str) -> list[Notice]:
    feed(collected, *mark("over"))
    return list(notices(kept, collected, set(refused)))


def held(*logins: str, at: float = NOW) -> SessionState:
    """Return session state with a lease of each role; those of these logins, and others that nobody looks at."""
    return session_state(*(lease(login, at=at) for login in logins), line("bound", login=LEASE, test="a"))


def kinds(told: list[Notice]) -> list[tuple[str, str, str | None]]:
    return [(one.kind, one.role, one.test) for one in told]


def test_a_login_that_nobody_used(collected: Collector) -> None:
    unused = [("unused role", "migrator", None), ("unused role", "writer", None)]
    assert kinds(noticed(collected, held(LEASE))) == [("unused login", "reader", "a"), *unused]
    assert kinds(noticed(collected, held(LEASE), LEASE)) == unused
    feed(collected, *authorized())
    assert kinds(noticed(collected, held(LEASE))) == unused


@pytest.mark.parametrize(("began", "near"), [(0, False), (530, False), (545, True), (700, True)])
def test_a_lease_near_its_end(collected: Collector, began: float, near: bool) -> None:
    feed(collected, *authorized())
    told = kinds(noticed(collected, held(LEASE, at=NOW - began)))
    assert (("lease near its end", "reader", "a") in told) is near


def test_a_lease_that_was_renewed_is_not_near_its_end(collected: Collector) -> None:
    feed(collected, *authorized())
    kept = held(LEASE, at=NOW - 590)
    kept.enter([line("renewed", at=NOW - 1, login=LEASE, left=600)])
    assert "lease near its end" not in {one.kind for one in noticed(collected, kept)}


def test_a_role_that_does_more_than_was_needed(collected: Collector) -> None:
    feed(collected, *authorized(OTHER), *sent("BEGIN", OTHER), *sent("SELECT * FROM shop.orders", OTHER))
    [wider] = [one for one in noticed(collected, held(OTHER)) if one.kind == "wider role than needed"]
    assert wider.message == "Its statements needed no more than reader may, and it used writer."


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO orders VALUES (1)",
        "UPDATE orders SET n = 1",
        "SELECT * FROM orders FOR UPDATE",
        "SELECT * FROM payroll",
        "SELECT * FROM hr.orders",
        "SELECT nextval('orders_id_seq') FROM orders",
        "SELECT close_orders() FROM orders",
        "CALL close_orders()",
        "COPY orders FROM STDIN",
        "MERGE INTO orders o USING customers c ON true WHEN MATCHED THEN UPDATE SET n = 1",
        "SELECT '",
        "SELECT 1",
        "BEGIN",
    ],
)
def test_statements_that_give_no_ground_for_a_narrower_role(collected: Collector, sql: str) -> None:
    feed(collected, *authorized(OTHER), *sent(sql, OTHER))
    if sql not in ("SELECT 1", "BEGIN"):
        feed(collected, *sent("SELECT * FROM orders", OTHER))
    assert "wider role than needed" not in {one.kind for one in noticed(collected, held(OTHER))}


def test_of_the_narrowest_role_and_of_statements_that_were_not_kept_nothing_is_said(collected: Collector) -> None:
    feed(collected, *authorized(), *sent("TABLE orders"))
    assert "wider role than needed" not in {one.kind for one in noticed(collected, held(LEASE))}
    feed(collected, *authorized(OTHER), *sent("TABLE orders", OTHER))
    collected.complete = False
    assert "wider role than needed" not in {one.kind for one in noticed(collected, held(OTHER))}


def test_leases_of_the_harness_are_none_of_it(collected: Collector) -> None:
    kept = session_state(lease("leasehold_template_admin_bskcriazhpadvifg"))
    assert {one.kind for one in noticed(collected, kept)} == {"unused role"}
    assert {one.role for one in noticed(collected, kept)} == set(ROLES)
