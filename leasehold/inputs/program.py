"""What a run's program reads: by which a run is known to be what the program would declare now.

The program is the whole of its process: all modules that are loaded count, but for those of libraries; so do files that
are opened, and variables of the environment that the program's own code asks for.
"""

import json
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from .. import paths
from ..clock import moment
from ..contract import ENGINES_OWN
from .digests import digest
from .seen import NOT_ITS_OWN, Seen, watched

FILE_VARIABLE = "LEASEHOLD_INPUTS_FILE"
"""Names the file into which a program that Pulumi starts tells what it has read."""

OURS = ("LEASEHOLD_", ENGINES_OWN, "PULUMI_")
"""Begin variables that decide what becomes of any program."""

_PULUMIS = "PULUMI_"
"""Begins variables that Pulumi sets for a program; those that a user has set are among `OURS`."""

_MAPPINGS = ("os", "collections.abc")
"""What modules call themselves whose code asks for a variable in the name of other code: the second is
``_collections_abc``."""
_SYSTEM = tuple(map(Path, ("/proc", "/sys", "/dev", "/run")))
_MOST = 10_000
"""So many files of a folder are looked at."""


@dataclass(frozen=True)
class ProgramInputs:
    """What a program has read.

    Attributes:
        files: Files that it opened or imported, and folders that it listed; by their whole paths, or, in a checkout
            that may be anywhere, relative to its folder.
        digest: Of those.
        variables: A fingerprint by the name of each variable that it asked for.
        complete: Whether nothing else can have read anything: it started no process.
    """

    files: tuple[str, ...]
    digest: str
    variables: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True

    def changed(self, checkout: Path = Path("/")) -> str:
        """Return what is not as it was, as a clause; empty as long as the program would read the same.

        Args:
            checkout: Where relative paths begin.
        """
        if digest(checkout, [checkout / file for file in self.files]) != self.digest:
            return "the program, or a file that it reads, has changed"
        return ""

    def below(self, checkout: Path) -> "ProgramInputs":
        """Return the same for another checkout: files in a checkout's folder are told relative to it."""
        files = [Path(file) for file in self.files]
        told = [str(file.relative_to(checkout) if file.is_relative_to(checkout) else file) for file in files]
        return replace(self, files=tuple(told), digest=digest(checkout, files))

    def other(self, variables: Mapping[str, str]) -> str:
        """Return which variable that it asks for is another one, as a clause; empty for none.

        Args:
            variables: Fingerprints of those that it would find now.
        """
        others = (name for name, value in sorted(self.variables.items()) if variables.get(name, "") != value)
        return next((f"{name} is another one" for name in others), "")

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> "ProgramInputs":
        """Read what `asdict` gave, from JSON."""
        return cls(tuple(told["files"]), told["digest"], told["variables"], told["complete"])


def fingerprints(environment: Mapping[str, str]) -> dict[str, str]:
    """Return a fingerprint of each variable, by name: values may be secret."""
    return {name: _fingerprint(value) for name, value in environment.items()}


def _fingerprint(value: str) -> str:
    return sha256(value.encode(errors="surrogateescape")).hexdigest()[:16]


def other_shell(one: Mapping[str, str], two: Mapping[str, str]) -> str:
    """Return what decides about any program and differs between two shells, as a clause; empty for nothing.

    Args:
        one: Fingerprints of a shell's variables.
        two: Those of another one.
    """
    names = sorted(name for name in {*one, *two} if name.startswith(OURS))
    return next((f"{name} is another one" for name in names if one.get(name) != two.get(name)), "")


def of_folder(folder: Path) -> ProgramInputs:
    """Return all files of a project folder: what a program reads that is not Python's is not seen."""
    files = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NOT_ITS_OWN and name != "__pycache__")
        files += [Path(place), *(Path(place) / name for name in names)]
    return ProgramInputs(tuple(map(str, files)), digest(Path("/"), files), complete=len(files) <= _MOST)


class Recording:
    """What this process reads in blocks of a program's."""

    def __init__(self) -> None:
        _libraries()  # it asks for variables itself
        self._seen, self._asked = Seen(Path("/"), counts), dict[str, str]()
        self._seen.paths.update(_loaded())  # a script is loaded for as long as it runs alone
        self._began = moment().timestamp()

    @contextmanager
    def on(self) -> Iterator[None]:
        """Take note of what is read while the block runs."""
        with watched(self._seen), _variables(self._asked):
            yield

    def inputs(self) -> ProgramInputs:
        """Return what was read, together with what is loaded."""
        files = sorted({*self._seen.paths, *_loaded()})
        # What was written meanwhile may have been read before that: then nothing is what the program has read.
        read = "" if any(_written(file) >= self._began for file in files) else digest(Path("/"), files)
        variables = {name: value for name, value in self._asked.items() if not name.startswith(_PULUMIS)}
        return ProgramInputs(tuple(map(str, files)), read, variables, self._seen.complete)


def tell_at_exit() -> None:
    """Take note of what this process reads from now on, if somebody asks for it, and tell it at the process's end."""
    file = os.environ.pop(FILE_VARIABLE, "")
    if file:
        import atexit  # noqa: PLC0415 - most programs are not asked

        recording = Recording()
        block = recording.on()
        block.__enter__()

        def tell() -> None:
            block.__exit__(None, None, None)
            paths.write_atomically(Path(file), json.dumps(asdict(recording.inputs())), 0o600)

        atexit.register(tell)


def _written(path: Path) -> float:
    """Return when a file was written last, in seconds since the epoch; 0 if it is not there."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _loaded() -> Iterator[Path]:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and counts(path := Path(file).absolute()):
            yield path


def counts(path: Path) -> bool:
    """Return whether a file is none of a library's, of the system's or of ours."""
    return NOT_ITS_OWN.isdisjoint(path.parts) and not any(path.is_relative_to(one) for one in _libraries())


@cache
def _libraries() -> tuple[Path, ...]:
    installed = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    ours = [Path(__file__).parents[1], *(Path(path) for path in getattr(sys.modules.get("components"), "__path__", ()))]
    pulumi = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    return (
        *_SYSTEM,
        *map(Path, installed),
        Path(sysconfig.get_path("stdlib")).parent,
        *ours,
        paths.state(),
        paths.cache(),
        pulumi,
    )


@contextmanager
def _variables(asked: dict[str, str]) -> Iterator[None]:
    """Take note of the variables for which code asks that counts."""
    kind: Any = type(os.environ)
    get = kind.__getitem__

    def noted(environment: Any, name: str) -> Any:
        own = isinstance(name, str) and _asked_by_its_own()
        if own:
            asked[name] = ""  # as long as there is none of the name
        value = get(environment, name)
        if own:
            asked[name] = _fingerprint(value)
        return value

    kind.__getitem__ = noted
    try:
        yield
    finally:
        kind.__getitem__ = get


def _asked_by_its_own() -> bool:
    """Return whether it is code that counts which asks for a variable."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__") in _MAPPINGS:
        frame = frame.f_back
    file = frame.f_code.co_filename
    return not file.startswith("<") and counts(Path(file).absolute())
