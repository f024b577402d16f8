"""What a name lock tells: who created a run, when, and how; and what follows from that."""

from dataclasses import dataclass
from pathlib import Path

from .. import paths
from ..clock import now
from ..pulumi.stack_id import StackId
from .processes import Process


@dataclass(frozen=True)
class NameLock:
    """Who created a run, when, and how.

    Attributes:
        id: Its own: no other name lock has it, not even a later one on the same name.
        stack: The run's stack.
        user: Whose it is.
        process: The process that created it.
        created: When, in seconds since the epoch.
        project: The project folder of its program, or empty for a program of the caller's own.
        settings: The file with the stack's settings.
        session: The session of tests that it is for; empty for none.
        made: Whether Pulumi has made the stack for it.
        key: What the stack's secrets are encrypted with, as Pulumi names it: a salt, which no other stack has.
        found: Files that a stack of the same name had left when it was locked.
        kept: Whether it is to outlive that process.
        pool: What it is kept ready for, if that process keeps it so: a recipe's key.
        shared: The pool that sessions on other machines take it from, or that it was taken from; empty for none.
        desk: The socket of the process that has its outputs, where no stack here has: it was taken from such a pool.
        ending: The process that destroys it, or was the last to; None as long as nobody has begun to.
        failed: Why that process did not get it done, as it told; empty if it told nothing.
        engine_name: Which kind of engine it is made on, as users name it.
        engine: What the engine that it is made on calls itself; empty if that is not known.
        engine_at: Where that engine was reached.
    """

    id: str
    stack: StackId
    user: str
    process: Process
    created: float
    project: str
    settings: str
    session: str = ""
    made: bool = False
    key: str = ""
    found: tuple[str, ...] = ()
    kept: bool = False
    pool: str = ""
    shared: str = ""
    desk: str = ""
    ending: Process | None = None
    failed: str = ""
    engine_name: str = ""
    engine: str = ""
    engine_at: str = ""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.stack.name

    @property
    def home(self) -> Path:
        """The run's own PULUMI_HOME."""
        return paths.home_of(self.name, self.id)

    @property
    def abandoned(self) -> bool:
        """Whether nobody will come back for it: not kept, and its process provably gone; or its end was cut short."""
        if self.ending:
            return not self.is_ending
        return not self.kept and self.process.provably_gone

    @property
    def is_ending(self) -> bool:
        """Whether a process is at it, as far as can be known, and destroys it."""
        return self.ending is not None and not self.failed and not self.ending.provably_gone

    @property
    def trouble(self) -> str:
        """Why its destruction has ended without getting it done, as a clause; empty if it has not."""
        if self.ending is None or self.is_ending:
            return ""
        if self.failed:
            return f"its destruction failed: {self.failed}"
        return f"its destruction was cut short: {self.ending} is gone"

    @property
    def age(self) -> float:
        """Seconds since it was created."""
        return max(0.0, now() - self.created)

    def __str__(self) -> str:
        return f"{self.user}, {self.process}, {self.age:.0f} s ago"
