"""Denials that a test expects: declared around a block, or for the whole test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..errors import LeaseholdError
from .carried import carries_refusal, described, is_refusal
from .declarations import names
from .model import Denial, Kind
from .registrar import registered


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
        raised: Which error of a driver or of the broker has ended the block: its class, and its SQLSTATE.
    """

    test: str
    role: str = ""
    on: str = ""
    sqlstate: str = ""
    kind: str = ""
    begin: str = ""
    end: str = ""
    raised: str = ""

    @property
    def begun(self) -> "Expectation":
        """The same, as it was when its block began."""
        return replace(self, end="", raised="")

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


@contextmanager
def expect_denial(role: str = "", *, on: str = "", sqlstate: str = "", kind: Kind | str = "") -> Iterator[None]:
    """Expect a denial in a block: ``with leasehold.expect_denial("reader", on="payroll", sqlstate="42501"):``.

    The servers' logs decide whether it came: the test fails if it did not, and if any other did. An error of a driver
    or of the broker that leaves the block is what carries the denial, and goes no further; others do. Where denials
    are not read (``--leasehold-denials=off``), only an error that itself tells of such a refusal goes no further.

    Args:
        role: The role that is refused.
        on: A relation, with or without its schema; or a database, a path of the broker's, ...
        sqlstate: Its SQLSTATE.
        kind: What is refused, one of `leasehold.denials.model.Kind`.

    Raises:
        LeaseholdError: No session of the pytest plugin is running, or it has no run.
    """
    session = registered()
    if session is None:
        raise LeaseholdError(
            "`expect_denial` works inside a test that uses one of Leasehold's fixtures: the servers' logs tell whether "
            "the denial came, and nothing reads them here. Use the fixture `leasehold_connect`, "
            "`leasehold_lease` or `leasehold_run`."
        )
    named = Kind(kind).value if kind else ""
    expected = Expectation(session.test(), role, on, sqlstate, named, begin=session.mark())
    session.expect(expected)  # the controller may read a refusal long before the block ends
    raised = ""
    try:
        yield
    except Exception as error:
        raised = described(error)
        if not (carries_refusal(error) if session.reads_logs else is_refusal(error, sqlstate)):
            raise
    finally:
        session.expect(replace(expected, end=session.mark(), raised=raised))
