"""The process that keeps runs ready: in the foreground for `leasehold pool`, or behind a session, as a module."""

import json
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from .. import paths
from ..background import python
from ..engines.current import choose, current
from ..errors import EngineError, RunError, RunExistsError
from ..pool.keeper import Keeper
from ..pool.protocol import Runs
from ..pool.runs import MadeRuns
from ..pool.shared.runs import SharedRuns
from ..pool.shared.taking import NO_LOCKS
from ..pulumi.programs import engine_of, find_source
from ..pulumi.settings import runtime_of
from ..runs.desk import alone, ask, desk
from ..runs.processes import this_process
from ..runs.sweep import clear_killed
from .options import MOST_READY, number, options
from .pool import Pool, program_of

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def keep(told: Mapping[str, Any], tell: Callable[[str], None]) -> str:
    """Keep runs ready until a signal, a request to stop, or until nobody has asked for long.

    Args:
        told: What a session's pool tells; the size and how long nobody may ask, in seconds, are among its options.
        tell: Called with a sentence about what is done.

    Returns:
        Why it gave up; empty if it did not.

    Raises:
        RunExistsError: Another process keeps runs of the kind.
    """
    path, options = Path(told["desk"]), told["options"]
    with alone(path) as is_alone:
        if not is_alone:
            raise RunExistsError(
                "Another process keeps runs of this kind ready already. `leasehold pool --stop` ends it."
            )
        printed = path.with_suffix(".made")
        made = MadeRuns(python("leasehold.pytest_plugin.warm"), {**told, "keeper": asdict(this_process())}, printed)
        with _shared(made, told, tell) as runs:
            keeper = Keeper(options["pool"], runs, options["pool_idle"] or math.inf, tell)
            with _stopping(keeper.stop):
                try:
                    with desk(path, keeper.answer):
                        clear_killed(tell)
                        keeper.work()
                finally:
                    keeper.end()
        return keeper.error


@contextmanager
def _shared(made: MadeRuns, told: Mapping[str, Any], tell: Callable[[str], None]) -> Iterator[Runs]:
    """Give what a keeper does with its runs; if the pool is shared, their locks are renewed for the length of a block.

    Raises:
        EngineError: It is to be shared, and the engine has no locks.
    """
    if not told["pool"]:
        yield made
        return
    locks = current().locks
    if locks is None:
        raise EngineError(f"No pool is kept: {NO_LOCKS}{current().name}. Leave out `--shared`, or choose a cluster.")
    shared = SharedRuns(made, locks, tell, pool=told["pool"], recipe=told["key"], checkout=Path(told["checkout"]))
    with shared.renewal.at_work():
        yield shared


def keep_for(config: pytest.Config) -> int:
    """Keep runs ready for a project's sessions, and tell on standard error what is done; return the exit status.

    Args:
        config: Pytest's, of whom as many runs are asked for as are to be ready; with none, whoever keeps them stops.
    """
    settings = replace(options(config), pool=number(config.getoption("leasehold_keep_pool"), "size", MOST_READY))
    program = program_of(settings, config.rootpath) or str(find_source(None).folder)
    choose(engine_of(program))
    if settings.shared_pool:
        check_sharable(program)
        settings = replace(settings, pool_idle=number(config.getoption("leasehold_pool_idle"), "idle"))
    pool = Pool(settings, config.rootpath, program)
    if not settings.pool:
        stopped = ask(pool.desk, {"stop": True})
        print("The pool ends." if stopped else "Nobody keeps runs ready here.", file=sys.stderr)
        return 0
    until = f"nobody has asked for {settings.pool_idle} s" if settings.pool_idle else "this process is ended"
    _tell(f"{settings.pool} ready, each at most half its term, until {until}.")
    error = keep(pool.told(), _tell)
    if error:
        _tell(f"No more runs are kept ready. {error}")
    return int(bool(error))


def check_sharable(program: str) -> None:
    """Refuse a program of which it is not known what it reads: on another machine it may read something else.

    Args:
        program: ``module:function``, or a project folder.

    Raises:
        RunError: It is not Python's.
    """
    if ":" not in program and (runtime := runtime_of(Path(program))) != "python":
        raise RunError(
            f"No pool of {program} can be shared: its runtime is {runtime!r}, and only of programs in Python is it "
            "known which files they read. Keep a pool of each machine's own: leave out `--shared`."
        )


def _tell(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)


@contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Have signals stop a keeper in order."""
    before = {number: signal.signal(number, lambda *_: stop()) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> int:
    """Keep runs as standard input tells, in the background; return the exit status."""
    told = json.load(sys.stdin)
    log = Path(told["desk"]).with_suffix(".log")
    with open(paths.open_private(log, os.O_APPEND), "w") as file:
        os.dup2(file.fileno(), 2)
    try:
        error = keep(told, _tell)
    except RunExistsError:
        return 0  # another session was quicker
    if error:
        _tell(f"No more runs are kept ready. {error}")
    return int(bool(error))


if __name__ == "__main__":
    sys.exit(main())
