"""The process that takes a run of a shared pool for a session, and holds it. A module that is run.

The session's processes come and go, may be stopped by a debugger, and wait for each other. So a process of its own
renews the run's lock, and has the run's outputs in memory for those that ask. It ends the run if the session's
controller is gone; if it is gone itself, the lock runs out. It goes once the run is gone.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ... import paths
from ...background import python
from ...clock import now
from ...engines.current import current
from ...engines.locks import Locks
from ...errors import EngineError, LeaseholdError, RunNotFoundError
from ...inputs import fingerprints
from ...pulumi.programs import Source
from ...runs import name_locks
from ...runs.at_desk import OUTPUTS
from ...runs.desk import alone, desk, folder
from ...runs.held.dead import Reaper
from ...runs.held.locking import RENEWED_EVERY, Renewal, holder
from ...runs.lookup import stack_of
from ...runs.name_lock import NameLock
from ...runs.other_engines import engine_here
from ...runs.processes import Process
from .taking import Taken, Wanted, take

LOOKS_EVERY = 1.0
"""How often it is looked whether the run is still the session's, in seconds."""

PRINTED = ".printed"
"""Ends the name of the file with what a holder prints; it goes with the holder."""


def desk_of(session: str) -> Path:
    """Return where the holder of a session's run is asked.

    Args:
        session: The session's id.
    """
    return folder() / f"{session}.sock"


def start(told: Mapping[str, Any]) -> dict[str, Any]:
    """Start a holder; return the name and the outputs of the run that it has taken, or why there is none.

    Args:
        told: What a session's pool tells, and the session's id and controller.
    """
    printed = paths.open_private(desk_of(told["session"]).with_suffix(PRINTED), os.O_TRUNC)
    try:
        started = subprocess.Popen(
            python(__name__),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            start_new_session=True,  # Ctrl-C ends the session, which ends the run
        )
    finally:
        os.close(printed)
    if started.stdin is None or started.stdout is None:
        raise RuntimeError("a process was started without pipes")
    started.stdin.write(json.dumps(told).encode())
    started.stdin.close()
    said = started.stdout.readline()
    started.stdout.close()
    if not said:
        return {"none": f"what takes one ended with status {started.wait()}"}
    answer: dict[str, Any] = json.loads(said)
    if "name" in answer:
        started.returncode = 0  # it stays
    else:
        started.wait()
        desk_of(told["session"]).with_suffix(PRINTED).unlink(missing_ok=True)
    return answer


class Holder:
    """Holds one run."""

    def __init__(self, told: Mapping[str, Any], locks: Locks, me: str, taken: Taken) -> None:
        self._told, self._locks, self._me, self._taken = told, locks, me, taken

    def hold(self, say: Callable[[Mapping[str, Any]], None]) -> None:
        """Hold it until it is gone.

        Args:
            say: Tells whoever started this process which one it is.
        """
        path, renewal = desk_of(self._told["session"]), Renewal(self._locks, _tell)
        renewal.add(self._taken.lock)
        with renewal.at_work(), alone(path) as is_alone:
            if not is_alone:
                raise RuntimeError("the session has a holder already")
            name_lock = self._own(path)
            outputs = self._taken.outputs.revealed()
            with desk(path, partial(_answer, outputs)):
                say({"name": name_lock.name, OUTPUTS: outputs})
                self._stay(name_lock)

    def _own(self, path: Path) -> NameLock:
        """Write down on this machine whose the run is: whatever ends runs here ends it, as if it had been made here."""
        lock, program = self._taken.lock, str(self._told["program"])
        session, owner = str(self._told["session"]), Process(**self._told["owner"])
        there = name_locks.find(lock.run)
        if there and there.id == lock.name_lock:  # it was
            with name_locks.held(there) as held:
                return name_locks.change(held, process=owner, session=session, kept=False, desk=str(path))
        source = Source() if ":" in program else Source(Path(program))
        return name_locks.acquire(
            stack_of(lock.run, source),
            str(source.folder or ""),
            owner,
            session=session,
            id=lock.name_lock,
            shared=lock.pool,
            desk=str(path),
            **engine_here(),
        )

    def _stay(self, name_lock: NameLock) -> None:
        """Wait until the run is gone; end it if the session is, and meanwhile other runs whose holders are dead."""
        reaper, due = Reaper(self._locks, self._me), now()
        while (held := name_locks.find(name_lock.name)) and held.id == name_lock.id:
            if held.abandoned or now() > self._taken.ends:
                from ...runs.teardown import tear_down  # noqa: PLC0415 - slow to import

                tear_down(held)
                return
            if now() >= due:
                due = now() + RENEWED_EVERY
                _look(reaper)
            time.sleep(LOOKS_EVERY)


def _look(reaper: Reaper) -> None:
    try:
        for swept in reaper.look():
            _tell(f"Run {swept.run!r} was ended: {swept.error or swept.reason}.")
    except EngineError as error:
        _tell(str(error))


def _answer(outputs: Mapping[str, Any], question: Mapping[str, Any]) -> tuple[dict[str, Any], Callable[[], None]]:
    return ({OUTPUTS: outputs} if OUTPUTS in question else {}), lambda: None


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Take a run as standard input tells, print which one as a line of JSON, and hold it; return the exit status."""
    told = json.load(sys.stdin)
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed is for people
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def say(answer: Mapping[str, Any]) -> None:
        with said:
            said.write(f"{json.dumps(answer)}\n")

    wanted = Wanted(told["pool"], told["key"], Path(told["checkout"]), fingerprints(os.environ))
    me = holder()
    try:
        locks = current().locks
        taken = take(wanted, me)
    except LeaseholdError as error:
        say({"none": str(error).removesuffix(".")})
        return 0
    if locks is None or isinstance(taken, str):
        say({"none": taken})
        return 0
    try:
        Holder(told, locks, me, taken).hold(say)
    except RunNotFoundError:
        pass  # it was ended at that moment
    except LeaseholdError as error:
        _tell(str(error))  # its lock runs out
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
