"""Commands that run production's drills: rotate."""

from typing import Annotated

import typer

from ..rotation import Rotation
from ..run import Run
from .display import print_json, progress
from .runs import AsJson, Name, Program

GRACE = 30.0


def rotate(  # noqa: PLR0917 - options of a command line
    name: Name,
    role: Annotated[str | None, typer.Option(help="End this role's leases, after a grace period.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Give the database's admin another password.")] = False,
    grace: Annotated[float, typer.Option(min=0, help="How long the role's old leases go on, in seconds.")] = GRACE,
    now: Annotated[bool, typer.Option("--now", help="An emergency: no grace period.")] = False,
    program: Program = None,
    json: AsJson = False,
) -> None:
    """Rotate credentials as production does. New leases can be taken at any time; the old ones end after the grace."""
    if admin == (role is not None):
        raise typer.BadParameter("name either a role (--role ROLE) or the admin (--admin).")
    rotation = Rotation(Run.get(name, program=program).issuer)
    leases = rotation.leases(role) if role else []
    if admin:
        rotation.admin()
    else:
        seconds = 0.0 if now else grace
        progress.print(f"{role}: {len(leases)} leases end in {seconds:.0f} s ...", markup=False)
        rotation.planned(leases, seconds)
    if json:
        print_json({"run": name, "role": role, "admin": admin, "leases_ended": len(leases)})
    else:
        print("The admin has another password." if admin else f"{len(leases)} leases of {role} have ended.")
