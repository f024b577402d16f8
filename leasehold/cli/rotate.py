"""Commands that run production's drills: rotate."""

from typing import Annotated

import typer

import leasehold

from .display import print_json, progress
from .runs import AsJson, Name, Program

GRACE = 30.0


def rotate(  # noqa: PLR0917 - options of a command line
    name: Name,
    role: Annotated[
        str | None,
        typer.Option(
            help="End this role's leases, after a grace period; give a static login another password, at once."
        ),
    ] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Give the database's admin another password.")] = False,
    ca: Annotated[bool, typer.Option("--ca", help="Give the run another certificate authority.")] = False,
    grace: Annotated[
        float, typer.Option(min=0, help="How long old leases go on, or the old authority is trusted, in seconds.")
    ] = GRACE,
    now: Annotated[bool, typer.Option("--now", help="An emergency: no grace period.")] = False,
    program: Program = None,
    json: AsJson = False,
) -> None:
    """Rotate credentials as production does. New ones are there at once; the old ones end after the grace."""
    if [role is not None, admin, ca].count(True) != 1:
        raise typer.BadParameter("name a role (--role ROLE), the admin (--admin) or the authority (--ca).")
    from ..leases.rotation import Rotation  # noqa: PLC0415 - slow to import

    run, seconds, leases = leasehold.Run.get(name, program=program), 0.0 if now else grace, list[str]()
    if ca:
        from ..runs.authority_rotation import rotate_authority  # noqa: PLC0415 - slow to import

        generation = rotate_authority(run, seconds, lambda step: progress.print(f"{step} ...", markup=False))
        done = f"The run has another certificate authority, generation {generation}."
    elif admin:
        Rotation(run.issuer).admin()
        done = "The admin has another password."
    elif run.outputs.access(str(role)).is_static:
        Rotation(run.issuer).password(str(role))
        done = f"{role} has another password."
    else:
        leases = Rotation(run.issuer).leases(str(role))
        progress.print(f"{role}: {len(leases)} leases end in {seconds:.0f} s ...", markup=False)
        Rotation(run.issuer).planned(leases, seconds)
        done = f"{len(leases)} leases of {role} have ended."
    if json:
        print_json({"run": name, "role": role, "admin": admin, "ca": ca, "leases_ended": len(leases)})
    else:
        print(done)
