"""Attributes a refusal to a test: by the lease's login, the client id, the database, or else the test that ran then.

The order of events is read from the logs, in which the end of each phase of each test is marked. Clocks decide only
where a log has no mark, as the gateway's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from .model import Phase
from .session_state import PhaseEnd, SessionState
from .sources.database_log import LEASE
from .sources.entries import Refusal, Source


class Positions(Protocol):
    """Knows where marks stand in the logs."""

    def position(self, source: Source, mark: str) -> int | None:
        """Return where a mark stands; None if it is not there."""


@dataclass(frozen=True)
class Attribution:
    """The test to which a refusal is attributed.

    Attributes:
        test: The test; None if it cannot be told.
        phase: When in its life.
        worker: Of xdist.
        candidates: Tests that ran at that moment, where none can be told.
        guessed: Whether only the time says so.
    """

    test: str | None = None
    phase: Phase = Phase.OUTSIDE
    worker: str = ""
    candidates: list[str] = field(default_factory=list)
    guessed: bool = False


def is_foreign(refusal: Refusal, session_state: SessionState) -> bool:
    """Return whether a refusal is of a lease that another session took."""
    return LEASE.fullmatch(refusal.login) is not None and refusal.login not in session_state.leases


def attribute(refusal: Refusal, session_state: SessionState, positions: Positions) -> Attribution:
    """Attribute a refusal to a test."""
    held = session_state.leases.get(refusal.login)
    named = (
        (held.test if held else None)
        or session_state.tests.get(refusal.client_id)
        or session_state.databases.get(refusal.database)
        or session_state.databases.get(refusal.on)
    )
    if named:
        worker = session_state.workers.get(named, "")
        return Attribution(named, _phase_of(named, worker, refusal, session_state, positions), worker)
    workers = [held.worker] if held else sorted({*session_state.ends, *session_state.running})
    at_work = [(worker, *found) for worker in workers for found in _at_work(worker, refusal, session_state, positions)]
    if len(at_work) == 1:
        [(worker, test, phase)] = at_work
        return Attribution(test, phase, worker, guessed=held is None)
    return Attribution(candidates=[test for _, test, _ in at_work], guessed=held is None)


def _phase_of(test: str, worker: str, refusal: Refusal, session_state: SessionState, positions: Positions) -> Phase:
    """Return the phase of a test: that which ended next, or else the one that has not ended yet."""
    last = None
    for ended in session_state.ends.get(worker, []):
        if ended.test == test:
            if not _is_before(ended, refusal, positions):
                return ended.phase
            last = ended.phase
    return Phase.AFTER if test in session_state.over else _NEXT[last]


_NEXT = {None: Phase.SETUP, Phase.SETUP: Phase.CALL, Phase.CALL: Phase.TEARDOWN, Phase.TEARDOWN: Phase.SETUP}
"""The phase that follows, in a test that is not over; a test that was torn down is being run again."""


def _at_work(
    worker: str, refusal: Refusal, session_state: SessionState, positions: Positions
) -> Iterator[tuple[str, Phase]]:
    """Yield the test that a worker was at, if it was at one."""
    last = None
    for ended in session_state.ends.get(worker, []):
        if not _is_before(ended, refusal, positions):
            yield ended.test, ended.phase
            return
        last = ended
    running = session_state.running.get(worker)
    if running and running not in session_state.over:
        yield running, _NEXT[last.phase if last and last.test == running else None]


def _is_before(ended: PhaseEnd, refusal: Refusal, positions: Positions) -> bool:
    """Return whether a phase had ended when something was refused."""
    position = positions.position(refusal.source, ended.mark)
    if position is None:
        return ended.at < refusal.time.timestamp()
    return position < refusal.position
