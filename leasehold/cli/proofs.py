"""Commands that prove what a run promises: audit."""

from ..audit import audit as audit_run
from ..errors import AuditError
from ..run import Run
from .display import print_json, progress
from .runs import AsJson, Name, Program


def audit(name: Name, program: Program = None, json: AsJson = False) -> None:
    """Compare what every role can effectively do with what was declared; anything else is listed, and fails."""
    found = audit_run(Run.get(name, program=program).issuer)
    if json:
        print_json(
            {
                "run": found.run,
                "database": found.database,
                "surplus": [fact._asdict() for fact in found.surplus],
                "lack": [fact._asdict() for fact in found.lack],
                "logged": list(found.logged),
            }
        )
    else:
        print("\n".join(found.lines()) or f"Every role can do what was declared, and nothing else ({found.database}).")
    if not found.clean:
        progress.print("A surplus is a lock that production has and tests do not meet; a lack is one too many.")
        raise AuditError(f"{len(found.lines())} findings in run {name!r}.")
