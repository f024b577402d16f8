"""Putting parts in place, one set-up of this user at a time, each step told with its length."""

import fcntl
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from leasehold import paths

from .errors import SetupError
from .findings import Part


def say(line: str) -> None:
    """Print a line of progress; not on standard output, which belongs to `env`."""
    print(line, file=sys.stderr, flush=True)


def provide(everything: Sequence[Part], lock: str = "setup.lock") -> None:
    """Put those parts in place that this machine lacks.

    Args:
        everything: The parts, found or not.
        lock: Who has the same waits for the first.

    Raises:
        SetupError: A part could not be had.
    """
    with _one_at_a_time(paths.cache() / lock):
        missing = [part for part in everything if not part.find().ok]
        if missing:
            say(f"This machine lacks {len(missing)} of {len(everything)} parts. Set-up will put them in place:")
            for part in missing:
                say(f"  - {part.name}, which {part.why}: {part.how}")
        for number, part in enumerate(missing, start=1):
            _provide(part, f"step {number} of {len(missing)}: {part.name}")


def _provide(part: Part, step: str) -> None:
    began = time.monotonic()
    say(step)
    part.provide(lambda line: say(f"{step}: {line} ..."))
    finding = part.find()
    if not finding.ok:
        raise SetupError(f"{part.name} is still {finding.state} after its set-up. It {part.why}.")
    say(f"{step}: {finding.version} ({time.monotonic() - began:.0f} s)")


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Let a second set-up of this user wait for the first."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
