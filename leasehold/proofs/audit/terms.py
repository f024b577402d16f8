"""Terms that are tried rather than read: every role asks for far more than it may have, and what it gets is held up."""

from collections.abc import Iterator

import psycopg
from psycopg.rows import tuple_row

from ...clock import now
from ...contract import LEASE_NAME, MAX_TERM, OPERATOR, TEMPLATE_ADMIN
from ...errors import BrokerError
from ...leases.issuer import LeaseIssuer

INCREMENT = 100 * MAX_TERM
"""What a renewal asks for, in seconds: no run lives so long."""

_VALIDITY = (
    "SELECT rolname, extract(epoch FROM CASE WHEN isfinite(rolvaliduntil) THEN rolvaliduntil END)::float8"
    " FROM pg_catalog.pg_roles WHERE rolname ~ %s"
)


def overlong(issuer: LeaseIssuer, connection: psycopg.Connection, expires: float) -> tuple[list[str], list[str]]:
    """Return which leases and tokens last longer than was declared, and which could not be tried, a line each.

    A lease and a token of every role, the harness's own and the operator's token are renewed for as long as the broker
    lets them. The database has to end the validity of every lease's login with the run; the broker counts from when a
    token was made, and ends with the run itself, since its server does.

    Args:
        issuer: Asks the run's broker.
        connection: To the run's database server.
        expires: When the run ends, in seconds since the epoch.

    Raises:
        BrokerError: The broker refused, or did not answer.
    """
    outputs, found, untried = issuer.outputs, list[str](), list[str]()
    for role in (*outputs.roles_with_leases, TEMPLATE_ADMIN):
        longest = outputs.access(role).max_term
        if outputs.access(role).is_static:
            found += _longer(f"a token of {role}", _renewed_token(issuer, role), longest)
            continue
        try:
            lease = issuer.lease(role)
        except BrokerError as error:
            untried.append(f"the term of a lease of {role}, because none was made: {error}")
            continue
        try:
            renewed = issuer.request(role, "PUT", "sys/leases/renew", lease_id=lease.id, increment=INCREMENT)
            found += _longer(f"a lease of {role}", max(lease.term, int(renewed["lease_duration"])), longest)
            found += _longer(f"a token of {role}", _renewed_token(issuer, role), longest)
            found += _later(connection, expires)
        finally:
            issuer.revoke(lease)
    found += _longer(f"a token of {OPERATOR}", _renewed_token(issuer, OPERATOR), outputs.template_admin.max_term)
    return list(dict.fromkeys(found)), untried


def _renewed_token(issuer: LeaseIssuer, role: str) -> int:
    answer = issuer.request(role, "PUT", "auth/token/renew-self", increment=INCREMENT)
    return int(answer["auth"]["lease_duration"])


def _longer(what: str, term: int, longest: int) -> Iterator[str]:
    if term > longest or term <= 0:  # the broker's word for a token without an end is a term of none
        yield f"{what} can be renewed to {term or 'any number of'} s; its max_term is {longest} s"


def _later(connection: psycopg.Connection, expires: float) -> Iterator[str]:
    rows = connection.cursor(row_factory=tuple_row).execute(_VALIDITY, [f"^{LEASE_NAME}$"])
    for login, until in rows.fetchall():
        if until is None:
            yield f"the login {login} is valid without an end; the run ends in {expires - now():.0f} s"
        elif until > expires:
            yield f"the login {login} is valid for {until - expires:.0f} s after the run's end"
