"""The allow-list: denials that a team has agreed to live with for a while, reviewed like code.

A TOML file::

    [[allow]]
    role = "reader"
    on = "shop.payroll"
    sqlstate = "42501"
    test = "tests/test_menu.py::*"
    reason = "The menu probes for the payroll; SHOP-311 replaces that."
    until = 2027-01-31
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..clock import moment
from ..errors import LeaseholdError
from .declarations import names
from .model import Denial, Kind


class AllowListError(LeaseholdError):
    """The allow-list cannot be read."""


class Allowed(BaseModel):
    """One line. What is not named fits all, but not everything at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str = ""
    on: str = ""
    sqlstate: str = ""
    kind: Kind | None = None
    test: str = Field(default="*", description="Node id; `*` and `?` stand for anything.")
    reason: str = Field(min_length=10)
    until: date = Field(description="Last day on which it holds.")

    @model_validator(mode="after")
    def _names_something(self) -> "Allowed":
        if not (self.role or self.on or self.kind or self.sqlstate):
            raise ValueError("it allows everything; name a role, `on`, a kind or an SQLSTATE")
        return self

    def fits(self, denial: Denial) -> bool:
        """Return whether it speaks of a denial; its date is not looked at."""
        return (
            self.role in ("", denial.role)
            and (not self.on or self.on in names(denial))
            and self.sqlstate in ("", denial.code)
            and self.kind in (None, denial.kind)
            and (self.test == "*" or fnmatchcase(denial.test or "", self.test.replace("[", "[[]")))
        )


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    allow: list[Allowed] = []


@dataclass
class AllowList:
    """Lines, and which of them were needed.

    Attributes:
        lines: The lines.
        today: The day on which they are looked at.
        used: Indices of those that allowed something.
    """

    lines: list[Allowed] = field(default_factory=list)
    today: date = field(default_factory=lambda: moment().date())
    used: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path) -> "AllowList":
        """Read a file.

        Raises:
            AllowListError: It is not TOML, or a line lacks something; says which.
        """
        try:
            return cls(_File.model_validate(tomllib.loads(path.read_text("utf-8"))).allow)
        except OSError as error:
            raise AllowListError(f"The allow-list {path} cannot be read ({error.strerror}).") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise AllowListError(f"The allow-list {path} is not TOML: {error}.") from None
        except ValidationError as error:
            problems = "; ".join(f"{_place(problem['loc'])}: {problem['msg']}" for problem in error.errors())
            raise AllowListError(
                f"The allow-list {path} cannot be used ({problems}). Each [[allow]] names what is allowed, a reason "
                "and the last day, `until`."
            ) from None

    def allows(self, denial: Denial) -> str:
        """Return the reason of a line that allows a denial; empty if none does."""
        for number, line in enumerate(self.lines):
            if line.fits(denial) and line.until >= self.today:
                self.used.add(number)
                return line.reason
        return ""

    def remarks(self) -> list[str]:
        """Return a sentence for each line that is past its end, or that nothing needed."""
        past = [f"ended on {line.until}: {line.reason}" for line in self.lines if line.until < self.today]
        unused = [
            f"allowed nothing: {line.reason}"
            for number, line in enumerate(self.lines)
            if line.until >= self.today and number not in self.used
        ]
        return [f"A line of the allow-list {remark}" for remark in (*past, *unused)]


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
