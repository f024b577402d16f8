"""Commands that work as a lease: exec, psql."""

import shutil
from typing import Annotated

import typer

import leasehold

from ..errors import LeaseholdError
from .child import run_as_lease
from .inside import run_inside
from .runs import Name, Program

Role = Annotated[str, typer.Option(help="The role to work as.")]
InEnvironment = Annotated[
    bool,
    typer.Option(
        "--password-in-environment",
        help="Set PGPASSWORD, which other processes of this user can read, in place of PGPASSFILE.",
    ),
]


def exec_(  # noqa: PLR0917 - options of a command line
    context: typer.Context,
    name: Name,
    role: Role,
    program: Program = None,
    password_in_environment: InEnvironment = False,
    inside: Annotated[bool, typer.Option("--inside", help="Run it on the run's own network.")] = False,
    image: Annotated[str | None, typer.Option(help="The image to run it in, with --inside.")] = None,
) -> None:
    """Run a command as a new lease: `leasehold exec NAME --role ROLE -- CMD...`.

    The command finds PGHOST, PGPORT, PGDATABASE, PGSSLMODE, PGUSER and a PGPASSFILE that is gone when it ends. The
    lease is renewed while it runs, up to its role's max_term, and revoked after it. Signals are passed on, and its exit
    status is ours.
    """
    if inside != (image is not None) or (inside and password_in_environment):
        raise typer.BadParameter("--inside needs an --image, --image goes with --inside, and neither with a password.")
    command = [word for index, word in enumerate(context.args) if not (index == 0 and word == "--")]
    if image:
        raise typer.Exit(run_inside(leasehold.Run.get(name, program=program), role, image, command))
    if not command:
        raise typer.BadParameter("there is no command. Name it after `--`.")
    run = leasehold.Run.get(name, program=program)
    raise typer.Exit(run_as_lease(run.issuer, role, command, password_in_environment=password_in_environment))


def psql(context: typer.Context, name: Name, role: Role, program: Program = None) -> None:
    """Open psql as a new lease; what follows goes to psql."""
    found = shutil.which("psql")
    if not found:
        raise LeaseholdError("`psql` is not on PATH. Install PostgreSQL's client (on Debian: postgresql-client).")
    run = leasehold.Run.get(name, program=program)
    raise typer.Exit(run_as_lease(run.issuer, role, [found, *context.args]))
