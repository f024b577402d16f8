"""Reasons for denials, as sentences."""

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
    Kind.MEMBERSHIP: "The role is no member of that one, or may not act as it.",
    Kind.OTHER_PRIVILEGE: "It takes a privilege that the role is not declared to have.",
    Kind.BROKER_PERMISSION: "The token's policy does not allow it: a token reads one role's credentials.",
    Kind.BROKER_LOGIN: "The broker does not accept this proof of who it is.",
    Kind.BAD_TOKEN: "The broker does not know this token.",
    Kind.EXPIRED_TOKEN: "The token's term was over.",
    Kind.USED_UP_TOKEN: "The token had been used as often as it may be.",
    Kind.REVOKED_TOKEN: "The token had been revoked.",
    Kind.OPENED_TWICE: "It had been opened before: whoever did that has what was in it.",
    Kind.SEALED: "The broker is sealed: it gives nothing to anybody.",
}


def reason(refusal: Refusal) -> str:
    """Return why it was refused."""
    return REASONS[refusal.kind]
