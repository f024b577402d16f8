"""Keeps runs ready: so many, each fit for whoever asks next, and none once it stops.

A run that is ready belongs to the keeper's process, so it counts as abandoned when that is killed. A session that is
offered one makes it its own by itself, in one step: whoever dies before or after that, it is somebody's.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..clock import steady
from ..errors import EngineError, LeaseholdError
from .protocol import Asker, HopelessError, Runs, Warm

PAUSE = 5.0
"""So often it is looked whether what is ready is still fit, in seconds."""

CALM = 5.0
"""So long after a run was handed out nothing is made, in seconds: the machine is the session's while it starts."""

MOST_WASTED = 6
"""After so many runs in a row that nobody got, the pauses between them grow no more: from 5 s to 5 minutes."""

FAILURES = 3
"""After so many runs that could not be made, one after another, the keeper gives up."""

NONE_READY = "none is ready yet"


class Keeper:
    """Keeps runs ready.

    Attributes:
        error: Why it gave up; empty as long as it has not.
    """

    def __init__(self, size: int, runs: Runs, idle: float, tell: Callable[[str], None] = lambda line: None) -> None:
        """Begin; nothing is made before `work`.

        Args:
            size: How many runs are to be ready.
            runs: Makes and ends them.
            idle: It stops when nobody has asked for so long, in seconds.
            tell: Called with a sentence about what it does.
        """
        self.error = ""
        self._size, self._runs, self._idle, self._tell = size, runs, idle, tell
        self._turn = threading.Condition()
        self._ready: deque[Warm] = deque()
        self._unfit: deque[tuple[Warm, str]] = deque()
        self._given: dict[str, Warm] = {}
        self._asked, self._handed_out = steady(), -CALM
        self._failed = self._offered = self._wasted = 0
        self._set_aside_at = 0.0
        self._stopping = False

    def work(self) -> None:
        """Keep runs ready until `stop`, or until nobody has asked for long."""
        while not self._stopping:
            self._runs.tidy()
            self._look()
            if why := self._runs.outdated():
                self._tell(why)
                self.stop()
                break
            for _ in range(len(self._unfit)):  # what cannot be destroyed is tried again, once a round
                self._discard(*self._unfit.popleft())
            if self._lacking and self._is_calm:
                self._make()
            elif not self._lacking and steady() - self._asked > self._idle:
                self._tell(f"Nobody has asked for a run for {self._idle:.0f} s.")
                self.stop()
            else:
                with self._turn:
                    self._turn.wait_for(lambda: self._stopping or (self._lacking and self._is_calm), PAUSE)

    @property
    def _lacking(self) -> bool:
        return len(self._ready) + self._offered < self._size

    @property
    def _is_calm(self) -> bool:
        seldom = CALM * float(2 ** min(self._wasted, MOST_WASTED) - 1)
        return steady() >= max(self._handed_out + CALM, self._set_aside_at + seldom)

    def end(self) -> None:
        """Destroy what nobody has got, once nobody can ask any more."""
        with self._turn:
            self._stopping = True
            left = [*self._unfit, *((run, "the pool ends") for run in self._ready)]
            self._unfit.clear()
            self._ready.clear()
        for run, why in left:
            self._discard(run, why)

    def stop(self) -> None:
        """Have `work` end; what is being made ends, too."""
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
        self._runs.stop()

    def answer(self, question: Mapping[str, Any]) -> tuple[dict[str, Any], Callable[[], None]]:
        """Answer a question: for a run, for how it stands, or to stop.

        Returns:
            The answer, and what is to be called once whoever asked has acted on it, or is gone.
        """
        if question.get("stop"):
            self.stop()
            return {"stopping": True}, _nothing
        if "session" not in question:
            with self._turn:
                told = {"ready": [run.name for run in self._ready], "size": self._size, "handed_out": len(self._given)}
                return told, _nothing
        return self._offer(Asker(question["session"], question["owner"], question["shell"]))

    def _offer(self, asker: Asker) -> tuple[dict[str, Any], Callable[[], None]]:
        """Offer a run, which nobody else is offered until it is known whether the session has made it its own."""
        with self._turn:
            self._asked = steady()
            if given := self._given.get(asker.session):  # another process of the session
                return {"name": given.name, "outputs": given.outputs}, _nothing
            why = NONE_READY
            for run in [*self._ready]:
                try:
                    unfit = self._runs.unfit(run)
                except EngineError as error:
                    return {"none": str(error).removesuffix(".")}, _nothing
                if why := unfit:
                    self._set_aside(run, why)
                elif not (why := self._runs.other(run, asker)):
                    self._ready.remove(run)
                    self._offered += 1
                    return {"name": run.name, "outputs": run.outputs}, partial(self._settle, run, asker)
            return {"none": why}, _nothing

    def _settle(self, run: Warm, asker: Asker) -> None:
        """Take note of whether a session has made a run its own."""
        taken = self._runs.taken(run, asker)
        with self._turn:
            self._offered -= 1
            if taken:
                self._hand_out(run, asker.session)
            else:
                self._ready.appendleft(run)
            self._turn.notify_all()

    def _hand_out(self, run: Warm, taker: str) -> None:
        self._given[taker], self._handed_out, self._wasted = run, steady(), 0
        self._tell(f"Run {run.name!r} was handed out.")

    def _look(self) -> None:
        """Set aside what is not fit any more, and forget what has ended."""
        for run in [*self._ready]:
            if taker := self._runs.taker(run):
                with self._turn:
                    self._ready.remove(run)
                    self._asked = steady()
                    self._hand_out(run, taker)
                continue
            try:
                unfit = self._runs.unfit(run)
            except EngineError:
                continue  # it is not known, so it stays
            with self._turn:
                if unfit and run in self._ready:
                    self._set_aside(run, unfit)
        for session, run in [*self._given.items()]:
            if self._runs.over(run):
                with self._turn:
                    self._given.pop(session, None)

    def _set_aside(self, run: Warm, why: str) -> None:
        self._ready.remove(run)
        self._unfit.append((run, why))
        self._wasted, self._set_aside_at = self._wasted + 1, steady()
        self._turn.notify_all()

    def _make(self) -> None:
        began = steady()
        try:
            run = self._runs.make()
            with self._turn:
                self._runs.mark_ready(run)
                self._ready.append(run)
        except LeaseholdError as error:
            if self._stopping:
                return
            self._failed += 1
            self._tell(str(error))
            if self._failed == FAILURES or isinstance(error, HopelessError):
                self.error = str(error)
                self.stop()
            return
        self._failed = 0
        self._tell(f"Run {run.name!r} is ready ({steady() - began:.1f} s).")

    def _discard(self, run: Warm, why: str) -> None:
        self._tell(f"Run {run.name!r} is destroyed: {why}.")
        try:
            self._runs.discard(run)
        except LeaseholdError as error:
            self._tell(f"Run {run.name!r} could not be destroyed: {error}")
            self._unfit.append((run, why))


def _nothing() -> None:
    """Do nothing."""
