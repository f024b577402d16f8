"""`make demo RUN=name`: create a run, meet its locks, destroy it, and prove that nothing is left."""

import sys
import time
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leasehold import LeaseholdError
from leasehold.databases.migrations import migrate
from leasehold.pulumi.stages import StageClock
from leasehold.runs.run import Run

from .checks import CHECKS, Outcome, try_foreign_credentials, try_revoked, try_statement

PROJECT = Path(__file__).parents[2]
MIGRATIONS = PROJECT / "stacks" / "shop" / "migrations"

_WIDTH = 120  # of what is no terminal
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH)


def main(name: str = typer.Argument(help="Name of the run: a-z, 0-9 and '-'.")) -> None:
    """Create a run by name, show what each role may and may not do, and destroy it again."""
    try:
        run, outcomes = _create(name), []
        try:
            outcomes = _show(run)
        finally:
            _destroy(run)
    except LeaseholdError as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(1)
    wrong = [outcome for outcome in outcomes if not outcome.as_expected]
    for outcome in wrong:
        line = f"{outcome.role}: {outcome.attempt}: expected {outcome.expected}, got {outcome.actual}"
        console.print(line, style="red", markup=False)
    sys.exit(1 if wrong else 0)


def _create(name: str) -> Run:
    console.print(f"Creating run [bold]{name}[/bold] ...")
    clock, began = StageClock(on_stage=lambda stage: console.print(f"  {stage}", style="dim")), time.monotonic()
    run = Run.create(name, program=PROJECT, on_event=clock.observe)
    console.print(f"Up in {time.monotonic() - began:.1f} s: {clock}")
    return run


def _show(run: Run) -> list[Outcome]:
    issuer = run.issuer
    migrator = issuer.lease("migrator")
    with migrator.connect() as connection:
        files = migrate(connection, MIGRATIONS)
    issuer.revoke(migrator)
    console.print(f"Migrated and seeded by lease {migrator.user}: {', '.join(files)}")

    leases = {role: issuer.lease(role) for role in ("reader", "writer", "auditor")}
    outcomes = [try_statement(leases[check.role], check) for check in CHECKS]
    outcomes.append(try_foreign_credentials(issuer, "reader", "auditor"))
    outcomes.extend(try_revoked(issuer, "writer"))
    console.print(_table(outcomes))
    return outcomes


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(title="What each lease may and may not do", title_justify="left")
    for heading in ("role", "attempt", "", "answer"):
        table.add_column(heading, overflow="fold")
    for outcome in outcomes:
        colour = ("green" if outcome.actual is None else "yellow") if outcome.as_expected else "red"
        mark = "allowed" if outcome.actual is None else f"refused {outcome.actual}"
        table.add_row(
            *(Text(cell) for cell in (outcome.role, outcome.attempt)), Text(mark, colour), Text(outcome.message)
        )
    return table


def _destroy(run: Run) -> None:
    """Destroy the run, which fails if anything of it is left."""
    clock, began = StageClock(), time.monotonic()
    notes = run.destroy(clock.observe).notes
    console.print(f"Down in {time.monotonic() - began:.1f} s: {clock}")
    for note in notes:
        console.print(f"  {note}", style="yellow", markup=False)
    console.print(f"Nothing is left: no container, network, volume or stack of run {run.name}.")


if __name__ == "__main__":
    typer.run(main)
