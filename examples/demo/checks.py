"""What each role of the shop may and may not do, as statements with the answer that is expected."""

from dataclasses import dataclass

import psycopg

from leasehold import BrokerError, Lease, LeaseIssuer
from leasehold.databases.clones import first_line

REFUSED = "42501"
"""insufficient_privilege (PostgreSQL 18 manual, Appendix A)."""


@dataclass(frozen=True)
class Check:
    """One statement of one role. `expected` is None for leave, else the SQLSTATE of the refusal."""

    role: str
    statement: str
    expected: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a check: the SQLSTATE or another name of the refusal, and who said what."""

    role: str
    attempt: str
    expected: str | None
    actual: str | None
    message: str

    @property
    def as_expected(self) -> bool:
        """Whether it went as declared."""
        return self.actual == self.expected


_ORDER = "INSERT INTO orders (customer_id, item, quantity) VALUES (1, 'sextant', 1)"

CHECKS = (
    Check("reader", "SELECT count(*) FROM orders"),
    Check("reader", _ORDER, REFUSED),
    Check("reader", "SELECT * FROM payroll", REFUSED),
    Check("reader", "CREATE TABLE shop.mine (id int)", REFUSED),
    Check("writer", _ORDER),
    Check("writer", "UPDATE orders SET quantity = 2 WHERE item = 'sextant'"),
    Check("writer", "DELETE FROM orders", REFUSED),
    Check("writer", "SELECT * FROM payroll", REFUSED),
    Check("auditor", "SELECT count(*) FROM payroll"),
    Check("auditor", "UPDATE payroll SET salary = 0", REFUSED),
    Check("auditor", "CREATE ROLE accomplice SUPERUSER", REFUSED),
)


def try_statement(lease: Lease, check: Check) -> Outcome:
    """Run a check's statement on a connection of its own and tell what came of it."""
    try:
        with lease.connect() as connection:
            cursor = connection.execute(check.statement.encode())
            row = cursor.fetchone() if cursor.description else None
            answer = str(row[0]) if row else f"{cursor.rowcount} row(s)"
            return Outcome(check.role, check.statement, check.expected, None, answer)
    except psycopg.Error as error:
        return Outcome(check.role, check.statement, check.expected, error.sqlstate, first_line(error))


def try_foreign_credentials(issuer: LeaseIssuer, holder: str, role: str) -> Outcome:
    """Ask the broker for another role's credentials with one role's login."""
    attempt, path = f"credentials of {role}", issuer.outputs.roles[role].credentials_path
    try:
        issuer.request(holder, "GET", path)
    except BrokerError as error:
        return Outcome(holder, attempt, "broker", "broker", str(error).rpartition(": ")[2])
    return Outcome(holder, attempt, "broker", None, "the broker handed them out")


def try_revoked(issuer: LeaseIssuer, role: str) -> list[Outcome]:
    """Revoke a lease under an open session, and try both the session and a new login."""
    lease = issuer.lease(role)
    session = lease.connect(autocommit=True)
    issuer.revoke(lease)
    try:
        session.execute("SELECT 1")
        open_session = Outcome(role, "open session of a revoked lease", "57P01", None, "still answers")
    except psycopg.Error as error:
        open_session = Outcome(role, "open session of a revoked lease", "57P01", error.sqlstate, first_line(error))
    finally:
        session.close()
    return [open_session, _login(lease)]


def _login(lease: Lease) -> Outcome:
    attempt = "login with a revoked lease"
    try:
        lease.connect().close()
    except psycopg.OperationalError as error:  # libpq keeps a failed login's SQLSTATE to itself
        words = first_line(error).rpartition("FATAL:")[2].strip()
        refused = "login" if words.startswith("password authentication failed") else "no answer"
        return Outcome(lease.role, attempt, "login", refused, words)
    return Outcome(lease.role, attempt, "login", None, "logged in")
