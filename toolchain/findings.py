"""What set-up and doctor have in common: the parts that a machine needs, and what was found of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Say = Callable[[str], None]
"""Takes a line about what is being done."""


@dataclass(frozen=True)
class Finding:
    """What was found of one part.

    Attributes:
        state: ``ok``, or what is wrong.
        version: The version found, if any.
        source: Where it is from: a path, ``built``, ``downloaded``, ``pulled`` ...
        mend: The command that mends it, unless it is ``ok``.
    """

    state: Literal["ok", "missing", "too old", "not running"]
    version: str = ""
    source: str = ""
    mend: str = "make setup"

    @property
    def ok(self) -> bool:
        """Whether the part can be used as it is."""
        return self.state == "ok"


@dataclass(frozen=True)
class Part:
    """One part that a machine needs.

    Attributes:
        name: What it is.
        why: What it is needed for.
        how: What set-up would do about it, and how long that takes.
        find: Looks for it; changes nothing.
        provide: Puts it in place.
        for_tests: Whether nothing but this repository's tests needs it.
    """

    name: str
    why: str
    how: str
    find: Callable[[], Finding]
    provide: Callable[[Say], None]
    for_tests: bool = False
