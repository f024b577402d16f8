"""How long stages and fixtures took, added up over all workers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..clock import steady


@dataclass
class Timings:
    """Seconds and counts by what took them."""

    seconds: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def measure(self, what: str, times: int = 1) -> Iterator[None]:
        """Count the length of a block, in which something is done so many times; nothing, if it is done no time."""
        began = steady()
        try:
            yield
        finally:
            if times:
                self.add({what: steady() - began}, counts={what: times})

    def add(self, seconds: Mapping[str, float], prefix: str = "", counts: Mapping[str, int] | None = None) -> None:
        """Count what was measured elsewhere."""
        for what, spent in seconds.items():
            name = f"{prefix}{what}"
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
            self.counts[name] = self.counts.get(name, 0) + (counts[what] if counts else 1)

    def lines(self) -> list[str]:
        """Return a line for each, the mean beside the sum where there are several."""
        return [
            f"{what:<16} {seconds:8.2f} s"
            + (
                f"  ({self.counts[what]} times, {1000 * seconds / self.counts[what]:.1f} ms each)"
                if self.counts[what] > 1
                else ""
            )
            for what, seconds in self.seconds.items()
        ]
