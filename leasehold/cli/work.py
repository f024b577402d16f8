"""Commands that work as a lease: exec, migrate, psql."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import leasehold

from ..errors import LeaseholdError, UnknownRoleError
from ..leases.urls import pairs
from .child import revoke, run_as_lease
from .inside import run_inside
from .runs import Name, Program

if TYPE_CHECKING:
    from ..outputs import Outputs
    from ..runs.run import Run

MIGRATOR = "migrator"
"""The role that migrates where none is named."""

NO_COMMAND = "there is no command. Name it after `--`."

Database = Annotated[
    str | None,
    typer.Option(help="A database of the run's, such as one that a failed test has kept; the run's own by default."),
]
Role = Annotated[str, typer.Option(help="The role to work as.")]
InEnvironment = Annotated[
    bool,
    typer.Option(
        "--password-in-environment",
        help="Set PGPASSWORD, which other processes of this user can read, in place of PGPASSFILE.",
    ),
]

Environment = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="NAME=TEMPLATE",
        help="Set one more variable, such as DATABASE_URL=postgres://{user}@{host}:{port}/{database}; repeatable.",
    ),
]


def exec_(  # noqa: PLR0917 - options of a command line
    context: typer.Context,
    name: Name,
    role: Role,
    program: Program = None,
    database: Database = None,
    env: Environment = None,
    password_in_environment: InEnvironment = False,
    inside: Annotated[bool, typer.Option("--inside", help="Run it on the run's own network.")] = False,
    image: Annotated[str | None, typer.Option(help="The image to run it in, with --inside.")] = None,
) -> None:
    """Run a command as a new lease: `leasehold exec NAME --role ROLE -- CMD...`.

    The command finds PGHOST, PGPORT, PGDATABASE, PGSSLMODE, PGUSER, a PGPASSFILE that is gone when it ends, and a
    DATABASE_URL without the password. The lease is renewed while it runs, up to its role's longest term, and revoked
    after it. Signals are passed on, and its exit status is ours.
    """
    if inside != (image is not None) or (inside and password_in_environment):
        raise typer.BadParameter("--inside needs an --image, --image goes with --inside, and neither with a password.")
    if inside and database:
        raise typer.BadParameter("--inside works in the run's own database.")
    if image:
        command, asked = _words(context), pairs(env or [])
        raise typer.Exit(run_inside(leasehold.Run.get(name, program=program), role, image, command, asked=asked))
    _work(context, name, role, program, env, database=database, password_in_environment=password_in_environment)


def migrate(  # noqa: PLR0917 - options of a command line
    context: typer.Context,
    name: Name,
    role: Annotated[str | None, typer.Option(help="The role that owns the schemas.", show_default=MIGRATOR)] = None,
    program: Program = None,
    folder: Annotated[
        Path | None, typer.Option(help="Run this folder of SQL files, or this one file, in place of a command.")
    ] = None,
    env: Environment = None,
    password_in_environment: InEnvironment = False,
) -> None:
    """Migrate the run's own database with a tool: `leasehold migrate NAME -- CMD...`, or with a folder of SQL files.

    Every clone that is made from then on has what they made. The command finds what `exec` gives it.
    """
    command, asked = _words(context), pairs(env or [])
    if folder and (command or asked or password_in_environment):
        raise typer.BadParameter("--folder takes the place of a command.")
    if not folder and not command:
        raise typer.BadParameter(NO_COMMAND)
    run = leasehold.Run.get(name, program=program)
    worker = role or migrating_role(run.outputs)
    if folder:
        print(*_migrate_by_folder(run, worker, folder), sep="\n")
        return
    done = run_as_lease(run.issuer, worker, command, asked=asked, password_in_environment=password_in_environment)
    raise typer.Exit(done)


def migrating_role(outputs: "Outputs") -> str:
    """Return the role that migrates where none is named.

    Raises:
        UnknownRoleError: None is called so. It says which could be meant.
    """
    if MIGRATOR in outputs.roles:
        return MIGRATOR
    owners = sorted(
        name for name, role in outputs.roles.items() if role.has_leases and (role.owns or "CREATE" in role.database)
    )
    if owners:
        others = f"Roles that own a schema or may make one: {', '.join(owners)}. Name one, as `--role {owners[0]}`."
    else:
        others = f"No role of its owns a schema or may make one; it declares {', '.join(sorted(outputs.roles))}."
    raise UnknownRoleError(
        f"Run {outputs.run!r} declares no role {MIGRATOR!r}, as which `leasehold migrate` works where `--role` names "
        f"no other. {others}"
    )


def _migrate_by_folder(run: "Run", role: str, folder: Path) -> list[str]:
    from ..leases.renewal import kept_alive  # noqa: PLC0415 - slow to import

    lease = run.issuer.lease(role)
    try:
        with kept_alive(run.issuer, lease), lease.connect() as connection:
            return leasehold.migrate(connection, folder)
    finally:
        revoke(run.issuer, lease)


def _words(context: typer.Context) -> list[str]:
    """Return the command that follows the options."""
    return [word for index, word in enumerate(context.args) if not (index == 0 and word == "--")]


def _work(
    context: typer.Context, name: str, role: str, program: str | None, env: list[str] | None, **options: Any
) -> None:
    """Run a command as a lease, and exit as it does."""
    command, asked = _words(context), pairs(env or [])
    if not command:
        raise typer.BadParameter(NO_COMMAND)
    run = leasehold.Run.get(name, program=program)
    raise typer.Exit(run_as_lease(run.issuer, role, command, asked=asked, **options))


def psql(context: typer.Context, name: Name, role: Role, program: Program = None, database: Database = None) -> None:
    """Open psql as a new lease; what follows goes to psql."""
    found = shutil.which("psql")
    if not found:
        raise LeaseholdError("`psql` is not on PATH. Install PostgreSQL's client (on Debian: postgresql-client).")
    run = leasehold.Run.get(name, program=program)
    raise typer.Exit(run_as_lease(run.issuer, role, [found, *context.args], database=database))
