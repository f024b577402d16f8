"""Keepers, takers and observers in any order, dying at any moment: no run is taken twice, no living one's is ended."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from leasehold.engines.locks import ENDING, READY, TAKEN, Lock
from leasehold.engines.memory_locks import MemoryLocks
from leasehold.runs.held.dead import seize
from leasehold.runs.held.locking import DURATION, RENEWED_EVERY, Observer, move


@dataclass
class Holder:
    """A process that holds runs as it last saw their locks, and renews them in time as long as it lives."""

    name: str
    alive: bool = True
    held: dict[str, Lock] = field(default_factory=dict)


class Pool(RuleBasedStateMachine):
    """One pool. Time passes only in a rule of its own, in which whoever lives renews."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0
        self.locks = MemoryLocks(lambda lock: lock.run not in self.gone)
        self.gone: set[str] = set()
        self.keepers = [Holder("keeper-0"), Holder("keeper-1")]
        self.takers: list[Holder] = []
        self.took: dict[str, list[str]] = {}
        self.made = 0
        # Their clocks have nothing to do with each other.
        self.observers = [Observer(lambda: self.time), Observer(lambda: self.time + 1e6)]

    @property
    def holders(self) -> dict[str, Holder]:
        return {one.name: one for one in (*self.keepers, *self.takers)}

    @rule(keeper=st.integers(0, 1))
    def make(self, keeper: int) -> None:
        if (by := self.keepers[keeper]).alive:
            run = f"run-{self.made}"
            self.made += 1
            by.held[run] = self.locks.create(Lock(run, run, by.name, "ci", "r", DURATION, READY))

    @rule(data=st.data())
    def list_and_take(self, data: st.DataObject) -> None:
        """A taker acts on what it has listed, which others may have changed since."""
        seen = [lock for lock in self.locks.every() if lock.state == READY]
        others = data.draw(st.integers(0, 2))
        for number in range(1 + others):
            taker = Holder(f"taker-{len(self.takers)}")
            self.takers.append(taker)
            for lock in seen:
                if mine := move(self.locks, lock, holder=taker.name, state=TAKEN):
                    taker.held[lock.run] = mine
                    self.took.setdefault(lock.run, []).append(taker.name)
                    break
            if number == 0 and data.draw(st.booleans()):
                self._renew()

    @rule(data=st.data())
    @precondition(lambda self: any(one.alive for one in self.holders.values()))
    def die(self, data: st.DataObject) -> None:
        living = sorted(name for name, one in self.holders.items() if one.alive)
        self.holders[data.draw(st.sampled_from(living))].alive = False

    @rule(data=st.data())
    @precondition(lambda self: any(one.alive and one.held for one in self.takers))
    def finish(self, data: st.DataObject) -> None:
        busy = [one for one in self.takers if one.alive and one.held]
        taker = data.draw(st.sampled_from(busy))
        run = next(iter(taker.held))
        del taker.held[run]
        self.gone.add(run)

    @rule(seconds=st.floats(0.1, RENEWED_EVERY))
    def time_passes(self, seconds: float) -> None:
        self.time += seconds
        self._renew()

    @rule(who=st.integers(0, 1))
    def look(self, who: int) -> None:
        for lock in self.observers[who].look(self.locks.every):
            if seize(self.locks, lock, f"observer-{who}"):
                holder = self.holders.get(lock.holder)
                assert holder is None or not holder.alive, f"{lock} was taken from a living holder"
                self.gone.add(lock.run)

    @rule()
    def long_silence(self) -> None:
        """In the end nothing is left of the dead."""
        for _ in range(6):
            self.time_passes(RENEWED_EVERY)
            self.look(0)
        for lock in self.locks.every():
            assert self.holders[lock.holder].alive

    def _renew(self) -> None:
        for holder in self.holders.values():
            for run, lock in [*holder.held.items()] if holder.alive else []:
                renewed = move(self.locks, lock)
                if renewed:
                    holder.held[run] = renewed
                else:
                    del holder.held[run]  # a session has taken it from its keeper

    @invariant()
    def no_run_was_taken_twice(self) -> None:
        assert all(len(takers) == 1 for takers in self.took.values())

    @invariant()
    def whoever_has_taken_a_run_and_lives_has_it(self) -> None:
        for taker in self.takers:
            for run in taker.held if taker.alive else ():
                found = self.locks.find(run)
                assert found
                assert (found.holder, found.state) == (taker.name, TAKEN)

    @invariant()
    def what_is_ending_is_gone(self) -> None:
        assert all(lock.state != ENDING for lock in self.locks.every())


TestPool = Pool.TestCase
TestPool.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
