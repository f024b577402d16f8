"""Ending a run in the background: nobody waits for it, and whoever asks is told how it goes.

The name lock says who destroys the run from the moment on at which anybody is told that it is ending, so that a
process which is killed at it leaves a run that counts as abandoned. The process is started, and the name lock says so,
while nobody else may change the name lock; it begins as soon as it may. If whoever starts it dies between the two, it
goes on all the same, and puts its own name there.

It is a module that is run, with the run's name and the name lock's id; the rest it has from the environment, as
whoever started it has: where the state is, the engine, and what Pulumi needs for its backend and its passphrase.
"""

import os
import sys
import time
from collections.abc import Callable

from .. import background, paths
from ..clock import steady
from ..errors import LeaseholdError, RunBusyError, RunError
from ..shell import without_logins
from . import name_locks
from .exclusive import TEARDOWN, exclusive, remove_lock_files
from .name_lock import NameLock
from .other_engines import check_engine
from .processes import process_of, step_back
from .pulumi_locks import locks_to_remove

_PAUSE = 0.05  # seconds between two looks at a run that is ending

PATIENCE = 600.0
"""Seconds for which somebody waits for the end of a run, which takes five, and longer where it leaves the machine to
others: it hangs, or its host is gone."""


def begin(name_lock: NameLock) -> NameLock | None:
    """Have a run destroyed in the background, unless it is ending already; return the name lock, which says so.

    If the name lock is not the one on the name any more, the run is gone: then None.

    Raises:
        EngineError: It was made on another engine.
        RunBusyError: A living process holds the stack's lock.
        RunError: No process can be started.
    """
    now = name_locks.find(name_lock.name)
    if now and now.id == name_lock.id and now.is_ending:
        return now  # whoever destroys it holds the name lock until it is gone
    with exclusive(name_lock.name, TEARDOWN):
        current = name_locks.find(name_lock.name)
        if current is None or current.id != name_lock.id:
            return None
        if current.is_ending:
            return current
        check_engine(current)
        locks_to_remove(current)
        return name_locks.change(current, ending=process_of(_start(current)), failed="")


def wait_for_end(name: str, on_note: Callable[[str], None]) -> NameLock | None:
    """Wait as long as a run of a name is ending; return the name lock that is on the name then, if there is one.

    Args:
        name: The name.
        on_note: Called with a sentence, if there is something to wait for.

    Raises:
        RunBusyError: It takes too long; says who is at it, and what to do.
    """
    began = now = name_locks.find(name)
    if now and now.is_ending:
        on_note(f"Run {name!r} is ending ({now.ending}). Waiting until it is gone ...")
    deadline = steady() + PATIENCE
    while began and now and now.id == began.id and now.is_ending:
        if steady() > deadline:
            raise RunBusyError(_still_ending(now))
        time.sleep(_PAUSE)
        now = name_locks.find(name)
    return now


def _still_ending(name_lock: NameLock) -> str:
    name, process = name_lock.name, name_lock.ending
    if process and process.is_here:
        known = f"is at it, and has printed to {name_locks.printed(name_lock)}"
    else:
        known = "is at it, or gone: that can be told there only"
    return (
        f"Run {name!r} is still ending after {PATIENCE:.0f} s: {process} {known}. Try again later, or, if it hangs, "
        f"end it; `leasehold down --wait {name}` then destroys the run."
    )


def _start(name_lock: NameLock) -> int:
    """Start the process that destroys a run; return its id."""
    path = name_locks.printed(name_lock)
    command = background.python(__name__, name_lock.name, name_lock.id)
    try:
        output = paths.open_private(path, os.O_TRUNC)
        try:
            return background.start(command, output, without_logins(os.environ))
        finally:
            os.close(output)
    except OSError as error:
        raise RunError(
            f"No process could be started to destroy run {name_lock.name!r} ({error}), so it stands as it did. Try "
            f"`leasehold down --wait {name_lock.name}`."
        ) from None


def main() -> int:
    """Destroy the run whose name and name lock's id are the arguments, if it is there; return the exit status.

    What goes wrong stands in the name lock then.
    """
    from .teardown import tear_down  # noqa: PLC0415 - slow to import, and whoever starts this needs it not

    step_back()
    name, of = sys.argv[1:]
    name_lock = name_locks.find(name)
    if name_lock is None or name_lock.id != of:
        return 0
    try:
        tear_down(name_lock)
    except LeaseholdError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        remove_lock_files(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
