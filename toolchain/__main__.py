"""`python -m toolchain`: what `make setup`, `make doctor` and `make env` run."""

import sys

import typer

from . import environment
from .cluster.commands import app as cluster
from .doctor import report
from .errors import SetupError
from .findings import Finding, Part
from .parts import parts
from .provision import provide, say

app = typer.Typer(add_completion=False, help="Set up this machine for Leasehold.", pretty_exceptions_enable=False)
app.add_typer(cluster, name="cluster")


@app.command()
def setup(tests: bool = typer.Option(False, "--tests", help="With what only tests need.")) -> None:
    """Find, download or build whatever this machine lacks."""
    provide([part for part in parts() if tests or not part.for_tests])


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


if __name__ == "__main__":
    try:
        app()
    except SetupError as error:
        say(f"\n{error}")
        sys.exit(1)
