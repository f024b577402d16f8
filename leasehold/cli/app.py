"""`leasehold`: its commands, and how errors become exit codes."""

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

from ..contract import ENGINE_VARIABLE
from ..engines.current import ENGINES, check
from ..errors import LeaseholdError
from ..paths import UnwritableError
from . import pool, proofs, rotate, runs, work

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Runs by name: an isolated network, a database, a secrets broker, and leases on scoped roles.",
)


_ENGINE = f"Where runs are: {' or '.join(sorted(ENGINES))}; by default as {ENGINE_VARIABLE} or else the project says."


@app.callback()
def engine(name: Annotated[str | None, typer.Option("--engine", metavar="ENGINE", help=_ENGINE)] = None) -> None:
    """Take what stands before the command."""
    if name is not None:
        os.environ[ENGINE_VARIABLE] = check(name)


for command in (runs.up, runs.show, runs.down, runs.sweep, runs.doctor):
    app.command()(command)
for proving in (proofs.audit, proofs.probe, proofs.scan, rotate.rotate):
    app.command()(proving)
app.command(name="list")(runs.list_)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(pool.pool)
for name, working in (("exec", work.exec_), ("migrate", work.migrate), ("psql", work.psql)):
    app.command(name=name, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(working)


def main() -> None:
    """Run the command line; errors of ours are one paragraph on standard error."""
    with suppress(FileNotFoundError):  # the current folder may be gone
        if os.getcwd() not in sys.path:  # programs are named `module:function`; an installed script has its own folder
            sys.path.insert(0, os.getcwd())
    try:
        app()
    except (LeaseholdError, UnwritableError) as error:
        print(f"leasehold: {error}", file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))
