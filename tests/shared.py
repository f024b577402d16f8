"""Runs that all workers of a session share: the first test that needs one creates it, the controller ends it."""

import fcntl
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from leasehold import LeaseholdError, Run
from leasehold.runs.processes import Process, this_process
from leasehold.runs.run import destroy
from tests.integration.support import inspect_run

TERM = 4 * 3600
"""Seconds that a shared run may live: longer than the tests take on any machine."""

AT_ONCE = 3
"""How many are destroyed side by side."""


@dataclass(frozen=True)
class SharedRuns:
    """The shared runs of one session.

    Attributes:
        folder: Holds the name of each run, and a lock for whoever creates it.
        owner: The controller, with which they end.
    """

    folder: Path
    owner: Process

    @classmethod
    def of(cls, config: pytest.Config, folder: Callable[[], Path]) -> Self:
        """Return those of a process's session: its own, or, in a worker, the controller's."""
        told = getattr(config, "workerinput", {}).get("shared_runs")
        return cls(Path(told["folder"]), Process(**told["owner"])) if told else cls(folder(), this_process())

    def told(self) -> dict[str, Any]:
        """Return what a worker is told."""
        return {"folder": str(self.folder), "owner": asdict(self.owner)}

    def get(self, key: str, program: Path, prepare: Callable[[Run], object] = lambda run: None) -> Run:
        """Return a run; create and prepare it, if nobody has yet.

        Args:
            key: Which run.
            program: Its project folder.
            prepare: Called with the new run.
        """
        named = self.folder / f"{key}.name"
        with self._alone(key):
            if named.exists():
                return Run.get(named.read_text(), program=program)
            run = Run.create(f"t-{secrets.token_hex(4)}", program=program, term=TERM, owner=self.owner)
            try:
                prepare(run)
            except BaseException:
                run.destroy()
                raise
            named.write_text(run.name)
            return run

    def end(self) -> list[str]:
        """Destroy them; return what went wrong, a line each."""
        names = [named.read_text() for named in self.folder.glob("*.name")]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [line for lines in pool.map(_end, names) for line in lines]

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        with (self.folder / f"{key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _end(name: str) -> list[str]:
    try:
        notes = destroy(name).notes
    except LeaseholdError as error:
        return [f"shared run {name} could not be destroyed: {error}"]
    left = inspect_run(name)
    return [*(f"shared run {name}: {note}" for note in notes), *([] if left.empty else [f"left of {name}: {left}"])]
