"""What a session reports about refusals: the published data model behind every report (`docs/denials.schema.json`).

No field holds a credential, a token or a literal of a statement.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Literal[1] = 1
"""Of the model: raised when a field changes its meaning or goes."""


class Kind(StrEnum):
    """What was refused. Codes are SQLSTATEs (PostgreSQL 18 manual, Appendix A)."""

    # Logins to the database.
    WRONG_PASSWORD = "wrong password"
    EXPIRED_LOGIN = "expired login"
    REVOKED_LOGIN = "revoked login"
    UNKNOWN_LOGIN = "unknown login"
    BARRED_LOGIN = "barred login"
    NOT_IN_HBA = "no pg_hba line"
    NO_TLS = "no TLS"
    TOO_MANY_CONNECTIONS = "too many connections"
    # Privileges in the database (42501).
    TABLE = "table"
    COLUMN = "column"
    SCHEMA = "schema"
    FUNCTION = "function"
    SEQUENCE = "sequence"
    DATABASE = "database"
    OWNERSHIP = "ownership"
    ROW_SECURITY = "row security"
    MEMBERSHIP = "role membership"
    OTHER_PRIVILEGE = "other privilege"
    # The broker.
    BROKER_PERMISSION = "broker permission"
    BROKER_LOGIN = "broker login"
    BAD_TOKEN = "bad token"
    EXPIRED_TOKEN = "expired token"
    USED_UP_TOKEN = "used-up token"
    REVOKED_TOKEN = "revoked token"
    OPENED_TWICE = "wrapped token opened twice"
    SEALED = "sealed broker"


class Phase(StrEnum):
    """When in a test's life it was refused."""

    SETUP = "setup"
    CALL = "call"
    TEARDOWN = "teardown"
    AFTER = "after"
    """The test had ended; its lease's login was still tried."""
    OUTSIDE = "outside"
    """Of no test that could be told."""


class Verdict(StrEnum):
    """Whether it was to be."""

    UNEXPECTED = "unexpected"
    EXPECTED = "expected"
    ALLOWED = "allowed"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Denial(_Model):
    """One refusal, in the server's words, attributed to a test."""

    number: int = Field(ge=1, description="Order within the session.")
    time: datetime = Field(description="By the server's clock, in UTC.")
    source: Literal["database", "broker"]
    kind: Kind
    code: str = Field(default="", description="SQLSTATE; empty for the broker.")
    role: str = Field(default="", description="Declared role; empty if it was none.")
    login: str = Field(default="", description="The lease's login, or the name that was tried.")
    action: str = Field(default="", description="What was tried: SELECT, CONNECT, read, ...")
    on: str = Field(default="", description="What it was tried on: a relation with its schema, a database, a path.")
    statement: str = Field(default="", description="The statement, its literals masked.")
    message: str = Field(description="The server's own words.")
    reason: str = Field(description="Why it was refused, for people.")
    declaration: str = Field(default="", description="How the role is declared.")
    remedy: str = Field(default="", description="The smallest change that would allow it, or what to mend.")
    test: str | None = Field(default=None, description="Node id of its test; none if it could not be told.")
    phase: Phase = Phase.OUTSIDE
    worker: str = Field(default="", description="Of xdist; empty without it.")
    candidates: list[str] = Field(default=[], description="Tests that ran at that moment, where none could be told.")
    verdict: Verdict = Verdict.UNEXPECTED
    because: str = Field(default="", description="Who expected it, or the allow-list's reason.")


class LeaseSpan(_Model):
    """One lease, for a timeline."""

    login: str
    role: str
    test: str | None
    worker: str = ""
    began: datetime
    ended: datetime | None = Field(description="None if the session did not see its end.")
    end: Literal["revoked", "expired", "open"]
    term: int = Field(gt=0, description="Seconds.")
    connections: int = Field(ge=0, description="How often it logged in.")


class Notice(_Model):
    """Quiet trouble: not refused, but worth a look."""

    kind: Literal[
        "lease near its end",
        "unused login",
        "unused role",
        "wider role than needed",
        "expectation without a denial",
        "allow-list",
        "log",
        "outage",
    ]
    message: str
    role: str = ""
    test: str | None = None


class Session(_Model):
    """All that one session reports."""

    version: Literal[1] = VERSION
    run: str
    began: datetime
    ended: datetime
    tests: int = Field(ge=0, description="How many ran.")
    roles: list[str] = Field(description="Declared roles.")
    denials: list[Denial]
    leases: list[LeaseSpan]
    notices: list[Notice]
    left_out: int = Field(default=0, ge=0, description="Denials beyond what is kept in memory; counted, not listed.")

    @property
    def unexpected(self) -> list[Denial]:
        """The denials that were neither expected nor allowed."""
        return [denial for denial in self.denials if denial.verdict is Verdict.UNEXPECTED]
