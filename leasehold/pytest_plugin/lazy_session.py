"""A session of pytest before anything of it uses a run: next to nothing, so that other projects' tests start as ever.

What needs a run is imported and made by the first fixture, report or lost worker that asks for it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from ..clock import now
from .options import Options, options
from .timings import Timings

if TYPE_CHECKING:
    from .session import StartedSession


@dataclass
class LazySession:
    """What one process of a session knows from its beginning.

    Attributes:
        config: Pytest's.
        settings: What the session was asked for.
        id: The session's id, which all of its processes have.
        owner: The controller's process, as a worker of xdist's was told of it; None in the controller.
        worker: The worker's name; empty in the controller.
        began: When it began, in seconds since the epoch.
        timings: How long things took.
        item: The running test.
        locations: By test, its file and line.
        started: What the process needs of a run; None before it uses one.
    """

    config: pytest.Config
    settings: Options
    id: str
    owner: dict[str, Any] | None
    worker: str
    began: float = field(default_factory=now)
    timings: Timings = field(default_factory=Timings)
    item: pytest.Item | None = None
    locations: dict[str, tuple[str, int]] = field(default_factory=dict)
    started: StartedSession | None = None
    _turn: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, config: pytest.Config, fresh_id: str) -> LazySession:
        """Return a process's session: a worker's is the one that it was told of.

        Args:
            config: Pytest's.
            fresh_id: The id of a session that begins here.

        Raises:
            pytest.UsageError: A setting cannot be understood.
        """
        told = getattr(config, "workerinput", {})
        ours = told.get("leasehold", {"session": fresh_id, "owner": None})
        return cls(config, options(config), ours["session"], ours["owner"], str(told.get("workerid", "")))

    @property
    def is_worker(self) -> bool:
        """Whether this is a worker of xdist's."""
        return self.owner is not None

    def start(self) -> StartedSession:
        """Return what this process needs of a run; import and make it the first time."""
        with self._turn:  # a test may have threads
            if self.started is None:
                from .session import StartedSession  # noqa: PLC0415 - half a second, which most sessions need not pay

                self.started = StartedSession(self)
                self.started.register()
            return self.started


SESSION = pytest.StashKey[LazySession]()
"""Where pytest's configuration holds it."""

REPORTS = pytest.StashKey[list[pytest.TestReport]]()
"""Where a test holds the reports of its phases, whose outcome plugins may change; only if failed tests' databases are
kept."""
