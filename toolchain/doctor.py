"""The picture of a machine, for people and for programs."""

import json
import platform
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from .findings import Finding, Part


def report(found: Sequence[tuple[Part, Finding]], *, as_json: bool) -> None:
    """Print what was found of each part on standard output."""
    python = Finding("ok", platform.python_version(), sys.executable)
    rows = [("Python", "runs everything", python), *((part.name, part.why, finding) for part, finding in found)]
    if as_json:
        print(json.dumps([_record(name, finding) for name, _, finding in rows], indent=2))
        return
    table = Table("part", "state", "version", "from", "to mend it")
    for name, _, finding in rows:
        state = f"[green]{finding.state}[/green]" if finding.ok else f"[red]{finding.state}[/red]"
        table.add_row(name, state, finding.version, finding.source, "" if finding.ok else finding.mend)
    Console(highlight=False).print(table)


def _record(name: str, finding: Finding) -> dict[str, str]:
    mend = {} if finding.ok else {"mend": finding.mend}
    return {"part": name, "state": finding.state, "version": finding.version, "from": finding.source, **mend}
