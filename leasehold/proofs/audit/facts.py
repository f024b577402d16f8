"""What an audit compares: single facts about what a role can do."""

from typing import NamedTuple

TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
SEQUENCE_PRIVILEGES = ("USAGE", "SELECT", "UPDATE")


class Fact(NamedTuple):
    """One thing that one role can do.

    Attributes:
        role: The role; ``PUBLIC`` for everybody (PostgreSQL 18 manual, 5.8).
        kind: What it is about: ``table``, ``column``, ``sequence``, ``function``, ``schema``, ``database``,
            ``membership``, ``attribute``, ``ownership``, ``default privilege``, ``other``.
        object: What of that kind.
        privilege: What it can do with it.
    """

    role: str
    kind: str
    object: str
    privilege: str

    def __str__(self) -> str:
        return f"{self.role}: {self.privilege} on {self.kind} {self.object}"
