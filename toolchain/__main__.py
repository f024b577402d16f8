"""`python -m toolchain`: what `make setup`, `make doctor` and `make env` run."""

import fcntl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from leasehold import paths

from . import environment
from .doctor import report
from .errors import SetupError
from .findings import Finding, Part
from .parts import parts

app = typer.Typer(add_completion=False, help="Set up this machine for Leasehold.", pretty_exceptions_enable=False)


def say(line: str) -> None:
    """Print a line of progress; not on standard output, which belongs to `env`."""
    print(line, file=sys.stderr, flush=True)


@app.command()
def setup(tests: bool = typer.Option(False, "--tests", help="With what only tests need.")) -> None:
    """Find, download or build whatever this machine lacks."""
    with _one_at_a_time():
        everything = [part for part in parts() if tests or not part.for_tests]
        missing = [part for part in everything if not part.find().ok]
        if missing:
            say(f"This machine lacks {len(missing)} of {len(everything)} parts. Set-up will put them in place:")
            for part in missing:
                say(f"  - {part.name}, which {part.why}: {part.how}")
        for number, part in enumerate(missing, start=1):
            _provide(part, f"step {number} of {len(missing)}: {part.name}")


@app.command()
def doctor(json: bool = typer.Option(False, "--json", help="Print it as JSON.")) -> None:
    """Print what was found, which version, where from. Changes nothing; fails if a run lacks something."""
    found: list[tuple[Part, Finding]] = [(part, part.find()) for part in parts()]
    report(found, as_json=json)
    if not all(finding.ok or part.for_tests for part, finding in found):
        raise typer.Exit(1)


@app.command()
def env() -> None:
    """Print what to export so that `pulumi` finds everything; for `eval "$(make -s env)"`."""
    print(environment.export_lines(environment.variables()), end="")


def _provide(part: Part, step: str) -> None:
    began = time.monotonic()
    say(step)
    part.provide(lambda line: say(f"{step}: {line} ..."))
    finding = part.find()
    if not finding.ok:
        raise SetupError(f"{part.name} is still {finding.state} after its set-up. It {part.why}.")
    say(f"{step}: {finding.version} ({time.monotonic() - began:.0f} s)")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Let a second set-up of this user wait for the first."""
    lock = paths.cache() / "setup.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        app()
    except SetupError as error:
        say(f"\n{error}")
        sys.exit(1)
