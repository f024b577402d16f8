"""The process that holds the run which a job has made for itself. A module that is run, with the run's name and the
name lock's id.

A job's machine may be gone from one moment to the next, and nobody else knows whose the run was. So where jobs run, and
the engine has locks, this process locks the run as soon as there is something of it, and renews the lock for as long as
the process with which the run ends is there. It does nothing else: on its own machine runs are ended as ever.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace

from ... import background
from ...clock import now
from ...engines.current import choose, current
from ...engines.locks import KEPT, TAKEN, Lock, Locks
from ...errors import EngineError
from ...shell import without_logins
from .. import name_locks
from ..name_lock import NameLock
from ..waiting import in_pipeline
from .locking import DURATION, Renewal, holder, move

LOOKS_EVERY = 1.0
"""How often it is looked whether the run is still there, and whose, in seconds."""


def begin(name_lock: NameLock) -> None:
    """Have a process hold a run that is about to be made, if this is a job, and the engine has locks.

    Raises:
        EngineError: The engine cannot be reached.
    """
    if not in_pipeline() or current().locks is None:
        return
    command = background.python(__name__, name_lock.name, name_lock.id)
    background.start(command, subprocess.DEVNULL, without_logins(os.environ))


def hold(locks: Locks, name_lock: NameLock, pause: float = LOOKS_EVERY) -> None:
    """Hold a run, until it is gone, nobody here has it any more, or it is kept.

    Args:
        locks: The engine's.
        name_lock: The name lock on it, under which it is made just now.
        pause: Seconds between two looks.
    """
    lock = Lock(name_lock.name, name_lock.id, holder(), "", "", DURATION, TAKEN)
    renewal, locked = Renewal(locks, lambda line: None), False
    with renewal.at_work():
        while (held := name_locks.find(name_lock.name)) and held.id == name_lock.id:
            if held.kept and _left(locks, renewal, lock.run):
                return
            if held.process.provably_gone and not (held.is_ending or held.kept):
                return
            if not locked and (made := _made(locks, lock)):
                renewal.add(made)
                locked = True
            time.sleep(pause)


def _made(locks: Locks, lock: Lock) -> Lock | None:
    """Lock the run; return None as long as there is nothing of it, or the engine does not answer."""
    try:
        return locks.create(replace(lock, acquired=now(), renewed=now()))
    except EngineError:
        return None


def _left(locks: Locks, renewal: Renewal, run: str) -> bool:
    """Have a run that is kept stand until its term, without a holder; return False if the engine does not answer."""
    if (lock := renewal.drop(run)) is None:
        return True
    try:
        move(locks, lock, state=KEPT)
    except EngineError:
        renewal.add(lock)
        return False
    return True


def main() -> int:
    """Hold the run that the arguments name; return the exit status."""
    name, of = sys.argv[1:]
    name_lock = name_locks.find(name)
    if name_lock is None or name_lock.id != of:
        return 0
    choose(name_lock.engine_name)
    if locks := current().locks:
        hold(locks, name_lock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
