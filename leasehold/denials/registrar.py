"""Where the session of this process is, which a test tells that it expects a denial. It imports next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .expectations import Expectation


class Registrar(Protocol):
    """What the session offers to a test that expects a denial."""

    @property
    def reads_logs(self) -> bool:
        """Whether the servers' logs will tell if it came."""

    def mark(self) -> str:
        """Write a mark into the servers' logs; return its name."""

    def expect(self, expectation: Expectation) -> None:
        """Write an expectation down."""

    def test(self) -> str:
        """Return the node id of the running test."""


_find: Callable[[], Registrar | None] = lambda: None  # noqa: E731


def register(find: Callable[[], Registrar | None]) -> None:
    """Tell where the session of this process is."""
    global _find  # noqa: PLW0603 - one session a process
    _find = find


def registered() -> Registrar | None:
    """Return the session of this process; None if there is none that has a run."""
    return _find()
