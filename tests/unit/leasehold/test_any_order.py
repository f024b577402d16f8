"""Runs created, killed, swept, taken over and destroyed in any order: what is not ours stays byte for byte as it was.

The backends are folders as Pulumi writes them, the processes that are killed are real ones, and so are name locks,
locks and homes. Pulumi follows a script, and the engine is in memory, so that thousands of steps take a minute;
`tests/integration/test_foreign_stacks.py` has the real ones. ``LEASEHOLD_ORDERS`` is the number of orders that are
tried, and ``LEASEHOLD_STEPS`` that of the steps in each.
"""

import os
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from leasehold import LeaseholdError, Run
from leasehold.pulumi.settings import settings_file
from leasehold.pytest_plugin.shared_run import SharedRun
from leasehold.runs import ending, name_locks
from leasehold.runs.name_lock import NameLock
from leasehold.runs.run import destroy
from leasehold.runs.sweep import sweep
from leasehold.runs.swept import Swept

from ...worlds.scripted_pulumi import ScriptedPulumi
from ...worlds.world import PLACES, Place, World, remove_folder
from .test_outputs import GOOD

ORDERS = int(os.environ.get("LEASEHOLD_ORDERS", "60"))
STEPS = int(os.environ.get("LEASEHOLD_STEPS", "40"))

names = st.sampled_from(["dev", "dev-2", "t"])
places = st.sampled_from(PLACES)
points = st.sampled_from(ScriptedPulumi.POINTS)
ways = st.sampled_from(["waiting", "in the background, later", "in the background, soon"])
failures = deaths = st.one_of(st.just(""), st.just(""), points)
counts: dict[str, int] = {}


class AnyOrder(RuleBasedStateMachine):
    """One user's commands, others' doings, and accidents."""

    @initialize()
    def begin(self) -> None:
        self._exits = ExitStack()
        root = Path(self._exits.enter_context(tempfile.TemporaryDirectory()))
        self.world = World(root, GOOD)
        self._exits.enter_context(self.world.entered())
        self.alive: dict[str, NameLock] = {}
        self.where: dict[str, Place] = {}
        self.handles: list[Run] = []
        self.sessions: list[SharedRun] = []
        self.ended: list[NameLock] = []
        self.ending: list[NameLock] = []
        self.expired: set[str] = set()
        patch = self._exits.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(ending, "_start", lambda of: os.getpid())  # it lives, and does its work when its turn has come
        patch.setattr(ending, "PATIENCE", 0)

    def teardown(self) -> None:
        if hasattr(self, "_exits"):
            self._exits.close()

    # A user's commands, and sessions of tests.

    @rule(name=names, place=places, keep=st.booleans(), failing=failures)
    def up(self, name: str, place: Place, keep: bool, failing: str) -> None:
        before = name_locks.find(name)
        self.world.pulumi.failing = failing
        try:
            self._took(self.world.up(name, place, keep=keep), place)
        except LeaseholdError:
            left = name_locks.find(name)
            assert left is None or (before and left.id == before.id), "a failed `up` leaves no name lock of its own"
        finally:
            self.world.pulumi.failing = ""

    @rule(name=names, place=places, named=st.booleans(), how=ways, point=deaths)
    def down(self, name: str, place: Place, named: bool, how: str, point: str) -> None:
        name_lock = name_locks.find(name)
        with self.world.at(place) as folder, suppress(LeaseholdError):
            if how == "waiting":
                destroy(name, program=folder if named else None)
            elif name_lock:
                self._is_ending(ending.begin(name_lock))
            if name_lock:
                self._over(name_lock)
        if self.ending and how.endswith("soon"):
            self._background(self.ending.pop(), point)

    @rule(at=st.integers(0, 20))
    def destroy_what_may_have_another_owner_by_now(self, at: int) -> None:
        if self.handles:
            run = self.handles[at % len(self.handles)]
            with suppress(LeaseholdError):
                run.destroy()
                if run.name_lock:
                    self._over(run.name_lock)

    @rule(at=st.integers(0, 5), point=deaths)
    def the_background_gets_it_done_or_is_killed(self, at: int, point: str) -> None:
        if self.ending:
            self._background(self.ending.pop(at % len(self.ending)), point)

    @rule()
    def sweep(self) -> None:
        at_it = [one for one in self.ending if name_locks.find(one.name) == one and one.id not in self.expired]
        self._swept(sweep())
        for name_lock in at_it:
            assert name_locks.find(name_lock.name) == name_lock, "a sweep leaves a run to whoever destroys it"

    @rule(name=names, place=places)
    def sweep_while_the_name_is_freed_and_taken_anew(self, name: str, place: Place) -> None:
        def between(run: str, reason: str) -> None:
            if run == name:
                with suppress(LeaseholdError):
                    destroy(name)
                    self._took(self.world.up(name, place), place)

        self._swept(sweep(between))

    @rule(place=places, run=st.sampled_from(["", "dev"]), wait=st.booleans())
    def a_session_begins(self, place: Place, run: str, wait: bool) -> None:
        session = self.world.session(place, run=run, wait=wait)
        self.sessions.append(session)
        with self.world.at(place), suppress(LeaseholdError):
            made = session._find() or session._create()
            if made.name_lock and made.name_lock.session == session.session:
                self._took(made, place)

    @rule(at=st.integers(0, 5))
    def a_session_ends(self, at: int) -> None:
        if self.sessions:
            session = self.sessions.pop(at % len(self.sessions))
            name_lock = name_locks.find(session.name)
            session.end()
            if session.is_ending:
                self._is_ending(name_locks.find(session.name))
            if name_lock and session.own:
                self._over(name_lock)

    @rule(name=names, place=places, named=st.booleans())
    def look(self, name: str, place: Place, named: bool) -> None:
        with self.world.at(place) as folder, suppress(LeaseholdError):
            Run.get(name, program=folder if named else None)

    # Accidents.

    @rule(name=names, place=places, point=points)
    def killed_while_creating(self, name: str, place: Place, point: str) -> None:
        before = name_locks.find(name)
        if self.world.killed(point, lambda: self.world.up(name, place)):
            counts["kills"] = counts.get("kills", 0) + 1
        if before and name_locks.find(name) != before:
            self._over(before)

    @rule(name=names, point=points)
    def killed_while_destroying(self, name: str, point: str) -> None:
        if name_locks.find(name):
            killed = self.world.killed(point, lambda: destroy(name))
            counts["kills"] = counts.get("kills", 0) + killed
            self.alive.pop(name, None)  # it may be half gone

    @rule(name=names)
    def its_term_ends(self, name: str) -> None:
        if name_lock := name_locks.find(name):
            self.world.expire(self.world.resources_under(name_lock.id))
            self.alive.pop(name, None)
            self.expired.add(name_lock.id)

    @rule()
    def a_worktree_goes(self) -> None:
        if not any("worktree" in str(path) for path in self.world.others.files):
            remove_folder(self.world.folder("worktree"))

    @rule()
    def a_worktree_comes(self) -> None:
        self.world.write_project("worktree", "tests")

    # Others.

    @rule(name=names, place=places, environment=st.booleans(), only_init=st.booleans())
    def others_make_a_stack(self, name: str, place: Place, environment: bool, only_init: bool) -> None:
        folder = self.world.folder(place.program)
        stack = self.world.stack(name, place) if folder.exists() else None
        if stack and not stack.exists() and not settings_file(folder, name).exists():
            with suppress(Exception):
                self.world.others.up(name, place, environment=environment, only_init=only_init)

    @rule(at=st.integers(0, 5))
    def others_destroy_their_stack(self, at: int) -> None:
        if stacks := sorted(self.world.others.stacks, key=str):
            with suppress(Exception):
                self.world.others.down(stacks[at % len(stacks)])

    @rule(at=st.integers(0, 5), broken=st.booleans())
    def others_are_killed(self, at: int, broken: bool) -> None:
        if stacks := sorted(self.world.others.stacks, key=str):
            stack = stacks[at % len(stacks)]
            (self.world.others.cut_attributes if broken else self.world.others.lock)(stack)

    @rule(name=names, again=st.booleans(), environment=st.booleans(), only_init=st.booleans())
    def others_take_a_stack_over(self, name: str, again: bool, environment: bool, only_init: bool) -> None:
        """With plain Pulumi, and nobody tells the name lock."""
        if name_lock := self.alive.pop(name, None):
            with suppress(Exception):
                self.world.others.remove_ours(name_lock)
            place = self.where[name_lock.id]
            if (
                again
                and not name_lock.stack.exists()
                and not settings_file(self.world.folder(place.program), name).exists()
            ):
                counts["taken over"] = counts.get("taken over", 0) + 1
                with suppress(Exception):
                    self.world.others.up(name, place, environment=environment, only_init=only_init)

    @rule(name=names)
    def others_join_a_network(self, name: str) -> None:
        if name_lock := name_locks.find(name):
            for resource in self.world.resources_under(name_lock.id):
                if resource.kind == "network":
                    self.world.others.join(resource, name)

    # What holds whatever happened.

    @invariant()
    def nothing_of_others_is_harmed(self) -> None:
        if hasattr(self, "world"):
            counts["steps"] = counts.get("steps", 0) + 1
            assert self.world.others.harmed() == []

    @invariant()
    def what_lives_lives_on(self) -> None:
        for name, name_lock in getattr(self, "alive", {}).items():
            assert name_locks.find(name) is not None, f"the living run {name} is gone"
            assert len(self.world.resources_under(name_lock.id)) == 4, f"the living run {name} has lost something"

    @invariant()
    def nothing_is_left_of_what_was_destroyed(self) -> None:
        for name_lock in getattr(self, "ended", []):
            assert self.world.left(name_lock) == []
        self.ended = []

    def _took(self, run: Run, place: Place) -> None:
        assert run.name_lock
        self.where[run.name_lock.id] = place
        counts["runs"] = counts.get("runs", 0) + 1
        self.alive[run.name] = run.name_lock
        self.handles.append(run)

    def _is_ending(self, name_lock: NameLock | None) -> None:
        if name_lock:
            self.alive.pop(name_lock.name, None)
            self.ending = [*(one for one in self.ending if one.id != name_lock.id), name_lock]

    def _background(self, name_lock: NameLock, point: str) -> None:
        counts["in the background"] = counts.get("in the background", 0) + 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["ending", name_lock.name, name_lock.id])
            if point:
                counts["kills"] = counts.get("kills", 0) + self.world.killed(point, ending.main)
            else:
                ending.main()
                assert name_locks.find(name_lock.name) != name_lock, "it is gone, or why not stands there"
        self._over(name_lock)

    def _over(self, name_lock: NameLock) -> None:
        now = name_locks.find(name_lock.name)
        if now is None or now.id != name_lock.id:
            if self.alive.get(name_lock.name, name_lock).id == name_lock.id:
                self.alive.pop(name_lock.name, None)
            self.ended.append(name_lock)

    def _swept(self, swept: list[Swept]) -> None:
        for name, name_lock in list(self.alive.items()):
            now = name_locks.find(name)
            assert now is not None, f"a sweep took the living run {name}"
            assert now.id == name_lock.id, f"a sweep took the living run {name}"


@pytest.mark.timeout(ORDERS * STEPS)
def test_nothing_that_is_not_ours_is_touched_in_whatever_order() -> None:
    counts.clear()
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=ORDERS,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(counts)
    assert counts["kills"]
    assert counts["in the background"]
