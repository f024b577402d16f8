"""What an audit compares: single facts about what a role can do."""

from typing import NamedTuple

TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
MAINTAIN_SINCE = 170000
"""First version of the server, as it numbers them, that knows the last of these."""
SEQUENCE_PRIVILEGES = ("USAGE", "SELECT", "UPDATE")
EVERYTHING = {"table": TABLE_PRIVILEGES, "sequence": SEQUENCE_PRIVILEGES, "schema": ("USAGE", "CREATE")}
"""What an owner can do, by the kind of object, as far as the audit tells it."""


def table_privileges(server_version: int) -> tuple[str, ...]:
    """Return the privileges on tables that a server knows.

    Args:
        server_version: As it numbers versions, such as 170006.
    """
    return TABLE_PRIVILEGES if server_version >= MAINTAIN_SINCE else TABLE_PRIVILEGES[:-1]


class Fact(NamedTuple):
    """One thing that one role can do.

    Attributes:
        role: The role; ``PUBLIC`` for everybody (PostgreSQL 18 manual, 5.8).
        kind: What it is about: ``table``, ``column``, ``sequence``, ``function``, ``type``, ``schema``, ``database``,
            ``language``, ``parameter``, ``membership``, ``attribute``, ``ownership``, ``default privilege``, ...
        object: What of that kind.
        privilege: What it can do with it.
    """

    role: str
    kind: str
    object: str
    privilege: str

    def __str__(self) -> str:
        return f"{self.role}: {self.privilege} on {self.kind} {self.object}"
