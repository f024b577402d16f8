"""Commands that prove what a run promises: audit, probe, scan."""

from pathlib import Path
from typing import Annotated

import typer

import leasehold

from ..errors import AuditError, LeakError, NetworkError
from .display import print_json, print_rows, progress
from .runs import AsJson, Name, Program


def audit(name: Name, program: Program = None, json: AsJson = False) -> None:
    """Compare what every role can effectively do with what was declared; anything else is listed, and fails."""
    from ..proofs.audit import audit as audit_run  # noqa: PLC0415 - slow to import, as is all that follows from it
    from ..proofs.audit.take_over import to_take_over  # noqa: PLC0415

    found = audit_run(leasehold.Run.get(name, program=program).issuer)
    if json:
        print_json(
            {
                "run": found.run,
                "database": found.database,
                "to_take_over": to_take_over(found.surplus),
                "row_security_to_take_over": list(found.undeclared),
                "surplus": [fact._asdict() for fact in found.surplus],
                "lack": [fact._asdict() for fact in found.lack],
                "logged": list(found.logged),
                "row_security": list(found.row_security),
                "accepted": list(found.accepted),
                "overlong": list(found.overlong),
                "untried": list(found.untried),
                "unused": list(found.unused),
                "untold": list(found.untold),
                "idle": list(found.idle),
                "weaker": list(found.weaker),
            }
        )
    else:
        print("\n".join(found.lines()) or f"Every role can do what was declared, and nothing else ({found.database}).")
        for line in found.weaker:
            progress.print(f"Weaker than elsewhere: {line}.", markup=False)
        for line in to_take_over(found.surplus):
            progress.print(f"If a migration is meant to grant it, add to the grants of {line}", markup=False)
        for line in found.undeclared:
            progress.print(f"If a migration is meant to guard it, add to `row_security`: {line}", markup=False)
        for line in found.unused:
            progress.print(f"So far this would have been enough: {line}", markup=False)
        if found.untold:
            told = "Which privileges were needed cannot be told, so those that are declared stay: "
            progress.print(told + ", ".join(found.untold), markup=False)
        for role in found.idle:
            told = f"No statement so far used a table that is granted to {role}, so nothing is suggested for it."
            progress.print(told, markup=False)
    if not found.clean:
        progress.print("A surplus is a lock that production has and tests do not meet; a lack is one too many.")
        raise AuditError(f"{len(found.lines())} findings in run {name!r}.")


def scan(
    name: Name,
    paths: Annotated[list[Path] | None, typer.Argument(help="Files and folders to look at too.")] = None,
    debug_log: Annotated[
        bool, typer.Option("--debug-log", help="Also Pulumi's debug log, which shows secrets.")
    ] = False,
    program: Program = None,
    json: AsJson = False,
) -> None:
    """Look for the run's secrets in plaintext: state, logs, inspection, processes, temporary files."""
    from ..proofs.scan import scan as scan_run  # noqa: PLC0415 - slow to import

    found = scan_run(leasehold.Run.get(name, program=program), paths or (), debug=debug_log)
    if json:
        hits = [{"secret": hit.secret, "place": hit.place} for hit in found.hits]
        print_json({"run": found.run, "secrets": found.secrets, "places": found.places, "hits": hits})
    else:
        for hit in found.hits:
            print(hit)
        print(f"{found.secrets} secrets looked for in {found.places} places; {len(found.hits)} hits.")
    if found.hits:
        raise LeakError(f"{len(found.hits)} secrets of run {name!r} stand in plaintext.")


def probe(name: Name, json: AsJson = False) -> None:
    """Try from inside and outside who reaches whom, and compare with what is declared."""
    from ..proofs.probe import probe as probe_run  # noqa: PLC0415 - slow to import

    found = probe_run(name)
    rows = [
        {
            "source": cell.source,
            "target": cell.target.name,
            "host": cell.target.host,
            "port": cell.target.port,
            "protocol": cell.target.protocol,
            "reached": cell.reached,
            "declared": cell.declared,
        }
        for cell in found.cells
    ]
    if json:
        told = {"faults": list(found.faults), "notes": list(found.notes), "violations": found.violations}
        print_json({"run": found.run, "cells": rows, **told})
    else:
        print_rows(("source", "target", "host", "port", "protocol", "reached", "declared"), rows, "Nothing was tried.")
        for note in found.notes:
            print(f"{note}.")
        print("\n".join(found.violations) or f"{len(rows)} tries, all as declared.")
    if found.violations:
        raise NetworkError(f"{len(found.violations)} of the network's promises are not kept in run {name!r}.")
