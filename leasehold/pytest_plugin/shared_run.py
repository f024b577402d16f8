"""One run for all workers of a session: the first that needs it creates it, the controller destroys it."""

from pathlib import Path

import pytest

from ..databases.clones import Databases
from ..engines.current import choose
from ..errors import OtherVersionError, OutputsError, RunError, RunNotFoundError
from ..pulumi.programs import engine_of, find_source
from ..pulumi.stages import StageClock
from ..runs import ending, name_locks, names
from ..runs.ended import inventory_under, why_ended
from ..runs.exclusive import exclusive, remove_lock_files
from ..runs.name_lock import NameLock
from ..runs.processes import Process
from ..runs.run import Run
from ..runs.sweep import clear_killed
from ..runs.teardown import tear_down
from .lazy_session import REPORTS
from .logins import Logins
from .migrations import chosen
from .options import Options
from .pool import Pool, program_of
from .recorder import Recorder
from .timings import Timings

MOST_KEPT = 5
"""How many databases of failed tests a process of a session keeps: each takes storage."""


class SharedRun:
    """A session's run, as one of its processes sees it.

    A session ends and keeps a run only if it has itself created it: the name lock names the session.

    Attributes:
        session: The session's id, which all processes of the session know from the start.
        owner: The controller's process: the run ends with it.
        recorder: Records for the controller what this process does.
        own: Whether the run is the session's own, to be destroyed at its end.
        used: Whether a process of the session has used it.
        notes: Sentences for the session's summary.
        kept: Databases of tests that failed.
        is_ending: Whether its own run is being destroyed in the background.
        filled: Whether the running test has filled the storage.
        faults: What of its tests could not be ended, a sentence each: the session fails.
    """

    def __init__(
        self, settings: Options, session: str, owner: Process, root: Path, timings: Timings, *, recorder: Recorder
    ) -> None:
        self.settings, self.session, self.owner, self.root, self._timings = settings, session, owner, root, timings
        self._derived, self._from_pool = run_name(settings, session), ""
        self.recorder = recorder
        self.own = not settings.run
        self.used = False
        self.notes: list[str] = []
        self.kept: list[str] = []
        self.is_ending = False
        self.faults: list[str] = []
        self.filled = False
        self.run: Run | None = None
        self.databases: Databases | None = None
        self.template: str | None = None
        self._logins: Logins | None = None

    def obtain(self) -> Run:
        """Return the run, with its template ready; create it if this is the first process to ask."""
        if self.run is None:
            with exclusive(self._derived):
                choose(engine_of(self._program))
                self.run = self._taken() or self._find() or self._create()
                self.used = True
                self.databases = Databases(self.run.issuer)
                self.recorder.open(self.run, self.databases)
                self.databases.drop_orphans()
                if self.settings.keep_failed:
                    self.databases.drop_kept(but=self.session)
                with self._timings.measure("template"):
                    self.template = self._prepare(self.databases)
                ahead = self.settings.ahead and self.settings.scope == "function"
                self._logins = Logins(self.run, self.databases, self.template, self.recorder, ahead=ahead)
        return self.run

    @property
    def name(self) -> str:
        """The run's name: one that all processes of the session derive alike, until it has got one from a pool."""
        if self.own and not self._from_pool and (held := name_locks.of_session(self.session)):
            self._from_pool = held.name
        return self._from_pool or self._derived

    @property
    def logins(self) -> Logins:
        """The databases and logins of its tests, once it was obtained."""
        if self._logins is None:
            raise RuntimeError("the run was not obtained before its databases")
        return self._logins

    def keeps(self, item: pytest.Item) -> bool:
        """Return whether the database of a test is to be kept: it failed, and few were so far."""
        failed = any(report.failed for report in item.stash.get(REPORTS, []))
        wanted = self.settings.keep_failed and self.settings.scope == "function"
        return wanted and failed and len(self.kept) < MOST_KEPT

    def keep(self, database: str, item: pytest.Item) -> None:
        """Keep a test's database, and say how to look at it.

        Raises:
            DatabaseError: A session is still in it.
        """
        self.logins.settle(database)
        name = self.logins.databases.keep(database, self.session)
        self.kept.append(name)
        self.notes.append(
            f"{item.nodeid} failed; its database is kept: "
            f"`leasehold psql {self.name} --role {self._looker} --database {name}`"
        )

    @property
    def _looker(self) -> str:
        """A role that sees much."""
        roles = self.run.outputs.roles_with_leases if self.run else []
        return self.settings.migrator if self.settings.migrator in roles else next(iter(roles), "ROLE")

    def close(self) -> None:
        """Give back what this process holds."""
        try:
            if self._logins:
                self.faults += self._logins.close()
            if self.databases:
                self.databases.close()
        finally:
            self.recorder.close()

    def audit(self) -> list[str]:
        """Compare what roles can do with what was declared, if the session had a run; return a line a finding."""
        name_lock = name_locks.find(self.name)
        if not (self.settings.audit and name_lock and (self.own or self.used)):
            return []
        from ..proofs.audit import audit  # noqa: PLC0415 - slow to import, and workers need it not

        with self._timings.measure("audit"):
            run = self.run or Run.get(self.name)
            return audit(run.issuer, self.template).lines()

    def end(self) -> None:
        """End the session's own run, unless it is to be kept; in the background, unless somebody waits for that.

        Only the controller does.
        """
        name_lock = self._created()
        if self.own and name_lock and self.is_kept:
            name_locks.keep(name_lock)
        elif self.own and name_lock:
            with self._timings.measure("down"):
                if self.settings.wait:
                    tear_down(name_lock)
                else:
                    self.is_ending = ending.begin(name_lock) is not None
        if self.own:
            remove_lock_files(self._derived)
        self._tell_of_trouble()

    def _tell_of_trouble(self) -> None:
        """Say which runs of this user's could not be destroyed in the background, once each."""
        for name_lock in name_locks.every():
            if name_lock.trouble and not any(repr(name_lock.name) in note for note in self.notes):
                self.notes.append(
                    f"Run {name_lock.name!r} is still there: {name_lock.trouble}. `leasehold sweep` tries again."
                )

    @property
    def is_kept(self) -> bool:
        """Whether the session's own run outlives it: it is to, or databases in it are."""
        return self.settings.keep or bool(self.kept)

    def _created(self) -> NameLock | None:
        """Return the name lock on the run, if it is this session that created it."""
        name_lock = name_locks.find(self.name)
        return name_lock if name_lock and name_lock.session == self.session else None

    @property
    def _program(self) -> str | None:
        return program_of(self.settings, self.root) or None

    def _taken(self) -> Run | None:
        """Return a run from a pool, and have the pool filled up behind the session; None if there is none."""
        program = self._program or str(_current_project() or "")
        if not self.own or not program or name_locks.find(self._derived):
            return None
        pool = Pool(self.settings, self.root, program)
        with self._timings.measure("pool"):
            taken = pool.take(self.session, self.owner)
        pool.keep()
        if isinstance(taken, str):
            self.notes += [f"No run of the pool was taken: {taken}."] * bool(taken)
            return None
        return taken

    def _find(self) -> Run | None:
        found = name_locks.find(self.name)
        if self.own and not found:
            return None  # it is not created yet
        if found and not self.own and (found.is_ending or why_ended(found, inventory_under(found))):
            return None  # creating it says why, and clears it, or waits until that is done
        try:
            return Run.get(self.name, program=self._program or _current_project())
        except OtherVersionError:
            raise  # it is alive, and somebody may be using it
        except (RunNotFoundError, OutputsError):
            if name_lock := self._created():
                tear_down(name_lock)  # a worker died while it was creating it
            return None  # creating it says who owns it, if it is another's

    def _create(self) -> Run:
        clear_killed(self.notes.append)
        clock = StageClock(on_note=self.notes.append)
        with self._timings.measure("up"):
            run = Run.create(
                self.name,
                program=self._program,
                term=self.settings.term,
                keep=not self.own,
                owner=self.owner,
                session=self.session,
                on_event=clock.observe,
                on_note=self.notes.append,
            )
        self._timings.add(clock.seconds, "up: ")
        return run

    def _prepare(self, databases: Databases) -> str | None:
        migrations = chosen(self.settings, self.root)
        return migrations.template(databases, self.settings.migrator, self.session) if migrations else None


def _current_project() -> Path | None:
    """Return the project that a session without a program means; None for none: then the run's name lock names it."""
    try:
        return find_source(None).folder
    except RunError:
        return None


def run_name(settings: Options, session: str) -> str:
    """Return the run's name: the one asked for, or one that all processes of the session derive alike."""
    return names.check(settings.run) if settings.run else f"pytest-{session[:12]}"
