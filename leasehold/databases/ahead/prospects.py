"""Which logins the next test will probably ask for: those that most of the last tests have asked for."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

REMEMBERED = 8
"""So many of the last tests say what the next one will ask for."""


@dataclass(frozen=True)
class Wanted:
    """A login that a test asks for.

    Attributes:
        role: The role.
        connected: Whether with a connection.
    """

    role: str
    connected: bool


class Prospects:
    """What the last tests have asked for."""

    def __init__(self) -> None:
        self._tests: deque[Counter[Wanted]] = deque(maxlen=REMEMBERED)

    def remember(self, asked: Iterable[Wanted]) -> None:
        """Take note of what a test has asked for."""
        self._tests.append(Counter(asked))

    @property
    def known(self) -> bool:
        """Whether there was a test."""
        return bool(self._tests)

    def next(self) -> Counter[Wanted]:
        """Return what at least half of them have asked for, each so often as they did."""
        half = -(-len(self._tests) // 2)  # rounded up
        every = {wanted for test in self._tests for wanted in test}
        often = {one: sorted((test[one] for test in self._tests), reverse=True)[half - 1] for one in every}
        return Counter({one: times for one, times in often.items() if times})
