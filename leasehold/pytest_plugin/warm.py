"""Makes one run for a keeper, as a session would: the run, and its template. A module that is run."""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ..clock import now
from ..databases.clones import Databases
from ..errors import LeaseholdError
from ..inputs import FILE_VARIABLE, ProgramInputs, Recording, of_folder
from ..outputs import Outputs
from ..paths import UnwritableError
from ..pool.protocol import HopelessError
from ..pulumi.programs import find_source
from ..runs import names
from ..runs.ended import inventory_under
from ..runs.name_lock import NameLock
from ..runs.processes import Process, step_back
from ..runs.run import Run
from .migrations import chosen
from .options import Options

UNKNOWN = "The run's program starts other processes, so nobody knows what it reads, and no run of it can be kept ready."


class Making:
    """One run that is made for a keeper."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        """Take over what the keeper tells.

        Args:
            told: Its process, the recipe's key, the session's options, and where modules and files are found.
        """
        self._settings = Options.parse(told["options"])
        self._root, self._key, self._program = Path(told["root"]), str(told["key"]), str(told["program"])
        self._keeper = Process(**told["keeper"])
        sys.path[:] = told["path"]

    def make(self, tell: Callable[[Mapping[str, Any]], None]) -> None:
        """Make the run, and prepare it; if anything of that fails, destroy it.

        Args:
            tell: Tells its keeper what it wants to know of it.

        Raises:
            OSError: The keeper is gone.
            LeaseholdError: It could not be made.
            UsageError: Its migrations are not there.
        """
        run, inputs = self._create()
        try:
            if not inputs.complete:
                raise HopelessError(UNKNOWN)
            self._prepare(run)
            if run.name_lock is None:
                raise RuntimeError("a run was created without a name lock")
            tell(self._ready(run.name_lock, run.outputs, inputs))
        except BaseException:
            run.destroy()
            raise

    def _create(self) -> tuple[Run, ProgramInputs]:
        recording = Recording()
        with recording.on():
            source = find_source(self._program)
        if source.program is None:
            return self._create_from_folder(Path(str(source.folder)))
        function = source.program

        def program() -> None:
            with recording.on():
                function()

        return self._created(program), recording.inputs()

    def _create_from_folder(self, folder: Path) -> tuple[Run, ProgramInputs]:
        with tempfile.TemporaryDirectory(prefix="leasehold-") as place:
            told = Path(place) / "inputs.json"
            os.environ[FILE_VARIABLE] = str(told)
            run = self._created(folder)
            del os.environ[FILE_VARIABLE]
            try:
                return run, ProgramInputs.parse(json.loads(told.read_text()))
            except FileNotFoundError:
                return run, of_folder(folder)  # another language's program

    def _created(self, program: Callable[[], object] | Path) -> Run:
        name = f"pool-{names.invent()}"
        return Run.create(name, program=program, term=self._settings.term, owner=self._keeper, hold=False)

    def _prepare(self, run: Run) -> None:
        migrations = chosen(self._settings, self._root)
        databases = Databases(run.issuer)
        try:
            if migrations:
                migrations.template(databases, self._settings.migrator, f"pool {self._key}")
        finally:
            databases.close()

    def _ready(self, name_lock: NameLock, outputs: Outputs, inputs: ProgramInputs) -> dict[str, Any]:
        return {
            "name": name_lock.name,
            "name_lock": name_lock.id,
            "outputs": outputs.revealed(),
            "inputs": asdict(inputs),
            "made": now(),
            "ends": inventory_under(name_lock).expires,
        }


def main() -> int:
    """Make a run as standard input tells; print what came of it as a line of JSON, and return the exit status."""
    step_back()
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed is for people
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def tell(answer: Mapping[str, Any]) -> None:
        print(json.dumps(answer), file=said, flush=True)

    try:
        Making(json.load(sys.stdin)).make(tell)
    except (LeaseholdError, UnwritableError, pytest.UsageError) as error:
        tell({"error": str(error), "hopeless": isinstance(error, HopelessError | pytest.UsageError)})
    except KeyboardInterrupt:
        return 128 + signal.SIGTERM
    return 0


if __name__ == "__main__":
    sys.exit(main())
