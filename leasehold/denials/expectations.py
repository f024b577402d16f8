"""Denials that a test expects: declared around a block, or for the whole test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import hvac.exceptions

from ..errors import BrokerError, LeaseholdError
from .declarations import names
from .model import Denial, Kind

_DRIVERS = ("psycopg", "psycopg_pool", "psycopg2", "asyncpg", "sqlalchemy", "django")
"""Packages whose errors carry a refusal of the database to the test."""


@dataclass(frozen=True)
class Expectation:
    """One expected kind of denial; what is empty fits all.

    Attributes:
        test: The test that expects it.
        role: The role that is refused.
        on: A relation, with or without its schema, or another object.
        sqlstate: The SQLSTATE.
        kind: The kind.
        begin: Mark in the servers' logs after which it comes; empty for the whole test.
        end: Mark before which it comes; empty as long as the block has not ended.
    """

    test: str
    role: str = ""
    on: str = ""
    sqlstate: str = ""
    kind: str = ""
    begin: str = ""
    end: str = ""

    def fits(self, denial: Denial) -> bool:
        """Return whether a denial of this test is what was expected; where it stands in the log is not looked at."""
        return (
            self.role in ("", denial.role)
            and (not self.on or self.on in names(denial))
            and self.sqlstate in ("", denial.code)
            and self.kind in ("", denial.kind.value)
        )

    def __str__(self) -> str:
        told = {"role": self.role, "on": self.on, "sqlstate": self.sqlstate, "kind": self.kind}
        return ", ".join(f"{name}={value!r}" for name, value in told.items() if value) or "any"


class Registrar(Protocol):
    """What the session offers to a test that expects a denial."""

    def mark(self) -> str:
        """Write a mark into the servers' logs; return its name."""

    def expect(self, expectation: Expectation) -> None:
        """Write an expectation down."""

    def test(self) -> str:
        """Return the node id of the running test."""


_registrar: Callable[[], Registrar | None] = lambda: None  # noqa: E731


def register(find: Callable[[], Registrar | None]) -> None:
    """Tell where the session of this process is."""
    global _registrar  # noqa: PLW0603 - one session a process
    _registrar = find


@contextmanager
def expect_denial(role: str = "", *, on: str = "", sqlstate: str = "", kind: Kind | str = "") -> Iterator[None]:
    """Expect a denial in a block: ``with leasehold.expect_denial("reader", on="payroll", sqlstate="42501"):``.

    The servers' logs decide whether it came: the test fails if it did not, and if any other did. An error of a driver
    or of the broker that leaves the block is what carries the denial, and goes no further; others do.

    Args:
        role: The role that is refused.
        on: A relation, with or without its schema; or a database, a path of the broker's, ...
        sqlstate: Its SQLSTATE.
        kind: What is refused, one of `leasehold.denials.model.Kind`.

    Raises:
        LeaseholdError: No session of the pytest plugin is running, or it has no run.
    """
    session = _registrar()
    if session is None:
        raise LeaseholdError(
            "`expect_denial` works inside a test that uses one of Leasehold's fixtures: the servers' logs tell whether "
            "the denial came, and nothing reads them here. Use the fixture `leasehold_connect`, "
            "`leasehold_lease` or `leasehold_run`."
        )
    named = Kind(kind).value if kind else ""
    expected = Expectation(session.test(), role, on, sqlstate, named, begin=session.mark())
    session.expect(expected)  # the controller may read a refusal long before the block ends
    try:
        yield
    except Exception as error:
        if not carries_refusal(error):
            raise
    finally:
        session.expect(replace(expected, end=session.mark()))


def carries_refusal(error: BaseException) -> bool:
    """Return whether an error is a driver's, or the broker's."""
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, BrokerError | hvac.exceptions.VaultError) or not packages.isdisjoint(_DRIVERS)
