"""Commands about runs: up, list, show, down, sweep, doctor."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

import leasehold

from ..clock import steady
from ..engines import labelled
from ..engines.current import choose, current
from ..engines.locks import READY, Lock
from ..engines.resources import Inventory
from ..pulumi.programs import engine_of
from ..runs import ending, name_locks, names, waiting
from ..runs.lookup import name_lock_of
from ..runs.name_lock import NameLock
from ..runs.other_engines import made_elsewhere
from .display import print_json, print_rows, progress, stage_clock

if TYPE_CHECKING:
    from ..runs.run import Run

Name = Annotated[str, typer.Argument(help="Name of the run: a-z, 0-9 and '-'.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Program = Annotated[
    str | None, typer.Option(help="module:function or project folder; the current folder's project by default.")
]


def up(
    name: Annotated[str | None, typer.Argument(help="Name of the run; a new one when not given.")] = None,
    program: Program = None,
    term: Annotated[int | None, typer.Option(help="How long it may live, in seconds.")] = None,
    json: AsJson = False,
) -> None:
    """Create a run, which lives until `down`, or until its term ends."""
    from ..runs.sweep import clear_killed  # noqa: PLC0415 - slow to import, as is all that follows from it

    choose(engine_of(program))
    clear_killed(_note)
    clock, began = stage_clock("up"), steady()
    run = leasehold.Run.create(name, program=program, term=term, keep=True, on_event=clock.observe, on_note=_note)
    seconds = steady() - began
    progress.print(f"Up in {seconds:.1f} s: {clock}")
    if json:
        print_json({**describe(run), "seconds": round(seconds, 2), "stages": clock.seconds})
    else:
        print(run.name)


def list_(json: AsJson = False) -> None:
    """List the runs on this engine, and this user's that are on another."""
    choose(engine_of(None))
    owned = {name_lock.name: name_lock for name_lock in name_locks.every()}
    inventories = labelled.take_inventories()
    locks = current().locks
    held = {lock.run: lock for lock in locks.every()} if locks else {}
    every = sorted({*owned, *inventories})
    rows = [_row(name, inventories.get(name, Inventory()), owned.get(name), held.get(name)) for name in every]
    if json:
        print_json(rows)
    else:
        print_rows(("run", "state", "owner", "ends", "servers"), rows, "There are no runs.")
        for row in rows:
            if row["pool"]:
                print(f"Run {row['run']!r} of the shared pool {row['pool']!r}: {row['holder']} has it.")
            if row["trouble"]:
                print(f"Run {row['run']!r} is still there: {row['trouble']}. `leasehold sweep` tries again.")


def show(name: Name, program: Program = None, json: AsJson = False) -> None:
    """Show where a run is and which roles it declares."""
    described = describe(leasehold.Run.get(name, program=program))
    if json:
        print_json(described)
        return
    for field, value in described.items():
        if field != "roles":
            print(f"{field:<14} {value}")
    print_rows(("role", "term", "credentials_path"), described["roles"], "It declares no roles.")


def down(
    name: Name,
    program: Program = None,
    json: AsJson = False,
    wait: Annotated[
        bool | None,
        typer.Option("--wait/--no-wait", help="Wait until it is gone; by default only where CI is set."),
    ] = None,
) -> None:
    """Destroy a run, whatever state it is in, and check that nothing of it is left. Goes on in the background."""
    name_lock = None if waiting.is_wanted(wait) else name_lock_of(names.check(name), program)
    if name_lock is None:
        _down_now(name, program, json)  # without a name lock there is little to do, and what is refused is told at once
        return
    choose(name_lock.engine_name)
    begun = ending.begin(name_lock)
    said = f"Run {name} is gone: somebody else destroyed it at the same time."
    if begun:
        said = f"Run {name} is ending in the background ({begun.ending}); `leasehold list` shows when it is gone."
        if begun.ending and not begun.ending.is_here:
            said += f" If that process is not there any more, `leasehold down --wait {name}` destroys the run."
    progress.print(said, markup=False)
    if json:
        print_json({"run": name, "state": "ending" if begun else "gone"})


def _down_now(name: str, program: str | None, json: bool) -> None:
    from ..runs.run import destroy  # noqa: PLC0415 - slow to import, as is all that follows from it

    clock, began = stage_clock("down"), steady()
    name_lock = name_locks.find(names.check(name))
    if name_lock and name_lock.is_ending:
        _note(f"Run {name!r} is ending ({name_lock.ending}). Waiting for that process, if it is still at it ...")
    done = destroy(name, program=program, on_event=clock.observe)
    seconds = steady() - began
    for note in done.notes:
        progress.print(f"  {note}", style="yellow", markup=False)
    progress.print(f"Down in {seconds:.1f} s: {clock}. Nothing of run {name} is left.")
    if json:
        left = asdict(done.left)
        told = {"seconds": round(seconds, 2), "stages": clock.seconds, "notes": done.notes, "left": left}
        print_json({"run": name, "state": "gone", **told})


def sweep(json: AsJson = False) -> None:
    """Destroy runs whose term is over, whose creator is gone, or whose holder has left its lock; never a live one."""
    from ..runs import desk  # noqa: PLC0415 - slow to import, as is what follows
    from ..runs.held import dead  # noqa: PLC0415
    from ..runs.sweep import sweep as sweep_runs  # noqa: PLC0415

    choose(engine_of(None))

    def tell(run: str, reason: str) -> None:
        progress.print(f"{run}: {reason}; destroying it ...", markup=False)

    swept = [*sweep_runs(tell), *dead.sweep(tell, _note)]
    desk.clear(desk.folder())
    if json:
        print_json([{"run": s.run, "reason": s.reason, "notes": s.notes, "error": s.error} for s in swept])
    else:
        for one in swept:
            print(f"{one.run}: {one.error or 'gone'}")
        if not swept:
            print("There was nothing to sweep.")
    if any(one.error for one in swept):
        raise typer.Exit(1)


def doctor(json: AsJson = False) -> None:
    """Tell whether this machine has what runs need; changes nothing."""
    from .doctor import look  # noqa: PLC0415 - only this command needs it

    choose(engine_of(None))
    rows = look()
    if json:
        print_json(rows)
    else:
        print_rows(("part", "state", "version", "from", "mend"), rows, "")
    if any(row["state"] != "ok" for row in rows):
        raise typer.Exit(1)


def describe(run: "Run") -> dict[str, Any]:
    """Return what of a run may be shown: no secret."""
    outputs = run.outputs
    return {
        "run": run.name,
        "host": outputs.gateway.host,
        "database_port": outputs.gateway.database_port,
        "broker_port": outputs.gateway.broker_port,
        "database": outputs.database,
        "broker": outputs.broker.address,
        "roles": [{"role": name, **role.model_dump()} for name, role in sorted(outputs.roles.items())],
    }


def _note(line: str) -> None:
    progress.print(line, style="yellow", markup=False)


def _without_servers(name_lock: NameLock | None) -> str:
    """Return the state of a run of which this engine has no server; one that is kept was up once."""
    if name_lock and made_elsewhere(name_lock):
        return "on another engine"
    if name_lock and name_lock.abandoned:
        return "abandoned"
    return "gone" if name_lock and name_lock.kept else "starting"


def _row(name: str, inventory: Inventory, name_lock: NameLock | None, lock: Lock | None) -> dict[str, Any]:
    if name_lock and name_lock.is_ending:
        state = "ending"
    elif name_lock and name_lock.trouble:
        state = "abandoned"
    elif inventory.expired:
        state = "ended"
    elif not inventory.servers and (inventory.empty or (name_lock and name_lock.kept)):
        state = _without_servers(name_lock)
    elif inventory.running == len(inventory.servers) > 0:
        kept_ready = READY if name_lock and name_lock.pool else "up"
        state = lock.state or "starting" if lock and lock.pool else kept_ready
    else:
        state = "incomplete" if inventory.running or not inventory.servers else "stopped"
    ends = datetime.fromtimestamp(inventory.expires, UTC).isoformat() if inventory.expires else None
    return {
        "run": name,
        "state": state,
        "owner": inventory.owner or (name_lock.user if name_lock else ""),
        "created_by": str(name_lock.process) if name_lock else None,
        "kept": name_lock.kept if name_lock else None,
        "pool": lock.pool if lock else "",
        "holder": lock.holder if lock else "",
        "trouble": name_lock.trouble if name_lock else "",
        "engine": name_lock.engine_at if name_lock else None,
        "ends": ends,
        "servers": list(inventory.servers),
    }
