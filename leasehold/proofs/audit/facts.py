"""What an audit compares: single facts about what a role can do."""

from typing import NamedTuple

TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
SEQUENCE_PRIVILEGES = ("USAGE", "SELECT", "UPDATE")
EVERYTHING = {"table": TABLE_PRIVILEGES, "sequence": SEQUENCE_PRIVILEGES, "schema": ("USAGE", "CREATE")}
"""What an owner can do, by the kind of object, as far as the audit tells it."""


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
