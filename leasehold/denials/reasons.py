"""Reasons for denials and remedies, as sentences."""

from collections.abc import Mapping

from ..outputs import Role
from .declarations import owner_of, smallest_grant
from .model import Kind
from .sources.entries import Refusal

REASONS = {
    Kind.WRONG_PASSWORD: "The login is there, but this is not its password.",
    Kind.EXPIRED_LOGIN: "The lease's term was over: its login was no longer valid.",
    Kind.REVOKED_LOGIN: "The lease had been revoked: its login was gone.",
    Kind.UNKNOWN_LOGIN: "There is no such login: nobody but the broker makes any.",
    Kind.BARRED_LOGIN: "It is no login: declared roles are groups, in which leases are members.",
    Kind.NOT_IN_HBA: "No line of pg_hba.conf lets this user in from the network.",
    Kind.NO_TLS: "It came without TLS, and pg_hba.conf has no line for that.",
    Kind.TOO_MANY_CONNECTIONS: "As many connections as one lease may hold at once were open already.",
    Kind.TABLE: "The role has no such privilege on the table.",
    Kind.COLUMN: "The role has no such privilege on the column.",
    Kind.SCHEMA: "The role may not do this in the schema.",
    Kind.FUNCTION: "The role may not call the function.",
    Kind.SEQUENCE: "The role may not use the sequence.",
    Kind.DATABASE: "The role may not do this in, or may not enter, the database.",
    Kind.OWNERSHIP: "Only the owner may do this, and the role is not the owner.",
    Kind.ROW_SECURITY: "No row security policy of the table lets the role do this with the row.",
    Kind.MEMBERSHIP: "A lease is a member of one role, and may act as no other.",
    Kind.OTHER_PRIVILEGE: "It takes a privilege that no declared role has.",
    Kind.BROKER_PERMISSION: "The token's policy does not allow it: a token reads one role's credentials.",
    Kind.BROKER_LOGIN: "The broker does not accept this proof of who it is.",
    Kind.BAD_TOKEN: "The broker does not know this token.",
    Kind.EXPIRED_TOKEN: "The token's term was over.",
    Kind.USED_UP_TOKEN: "The token had been used as often as it may be.",
    Kind.REVOKED_TOKEN: "The token had been revoked.",
    Kind.OPENED_TWICE: "It had been opened before: whoever did that has what was in it.",
    Kind.SEALED: "The broker is sealed: it gives nothing to anybody.",
}

_REMEDIES = {
    Kind.WRONG_PASSWORD: "Connect with the lease's own password; after a rotation, with the new lease's.",
    Kind.EXPIRED_LOGIN: "Renew the lease before its end, or take another; pools have to replace their connections.",
    Kind.REVOKED_LOGIN: "Take another lease. A pool or thread that outlives its test, or kept credentials through a "
    "rotation, tries this.",
    Kind.UNKNOWN_LOGIN: "Connect as a lease.",
    Kind.BARRED_LOGIN: "Take a lease of the role, and connect as that.",
    Kind.NOT_IN_HBA: "Connect as a lease; nobody gets in as superuser.",
    Kind.NO_TLS: "Connect with sslmode=verify-full and the run's authority.",
    Kind.TOO_MANY_CONNECTIONS: "Make the pool smaller, or declare a higher `connection_limit` for the role.",
    Kind.FUNCTION: "If the code needs it, a migration can GRANT EXECUTE on the function.",
    Kind.SEQUENCE: "INSERT on the table that the sequence numbers brings its use along.",
    Kind.DATABASE: "Work in the lease's own database, in schemas that migrations have made.",
    Kind.ROW_SECURITY: "If the role should see the row, a migration can widen the policy.",
    Kind.MEMBERSHIP: "Take a lease of that role for what needs it.",
    Kind.OTHER_PRIVILEGE: "Do it in another way: production refuses it too.",
    Kind.BROKER_PERMISSION: "Ask with a token of the role whose credentials are wanted.",
    Kind.BROKER_LOGIN: "Secret ids work once, for a minute, for one role; take a new one for each login.",
    Kind.BAD_TOKEN: "Log in first.",
    Kind.EXPIRED_TOKEN: "Renew the token in time, or log in again.",
    Kind.USED_UP_TOKEN: "Log in again; if the code asks that often by design, its leases are too short.",
    Kind.REVOKED_TOKEN: "Log in again.",
    Kind.OPENED_TWICE: "Find out who opened it; have another made.",
    Kind.SEALED: "End the run and create it again.",
}


def reason(refusal: Refusal) -> str:
    """Return why it was refused."""
    return REASONS[refusal.kind]


def remedy(refusal: Refusal, relation: str, roles: Mapping[str, Role]) -> str:
    """Return the smallest change that would allow it.

    Args:
        refusal: What was refused.
        relation: What it was refused on, with its schema.
        roles: The declared roles.
    """
    role, schema = roles.get(refusal.role), relation.rpartition(".")[0] or relation
    if refusal.kind in (Kind.TABLE, Kind.COLUMN):
        table = relation.rpartition(".")[0] if refusal.kind is Kind.COLUMN else relation
        return f"Add to the grants of {refusal.role or 'the role'}: {smallest_grant(refusal, table, role)}"
    if refusal.kind is Kind.OWNERSHIP or (refusal.kind is Kind.SCHEMA and refusal.action == "CREATE"):
        owner = owner_of(schema, roles)
        return f"Do it in a migration, as {owner}, which owns the schema." if owner else "Do it in a migration."
    if refusal.kind is Kind.SCHEMA:
        return f"A grant on a table of schema {refusal.on} lets {refusal.role or 'the role'} into it."
    return _REMEDIES[refusal.kind]
