"""Facts of a session, for tests: session state, refusals, positions of marks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from leasehold.denials.model import Kind
from leasehold.denials.session_state import SessionState
from leasehold.denials.sources.entries import Refusal, Source
from leasehold.outputs import Role

KEY = "0123456789abcdef"
LEASE = "reader_g8kslbge9bjhxqoa"
OTHER = "writer_bskcriazhpadvifg"


def role(*grants: tuple[str, Sequence[str], Sequence[str]], owns: Sequence[str] = ()) -> Role:
    """Return a role: its grants by schema, tables and privileges."""
    told = [
        {
            "kind": "tables",
            "schema": schema,
            "objects": list(tables),
            "privileges": list(privileges),
            "default_privileges": [],
        }
        for schema, tables, privileges in grants
    ]
    fields = {"credentials_path": "x", "logins": {}, "term": 600, "max_term": 3600, "owns": list(owns), "grants": told}
    return Role.model_validate(fields)


ROLES = {
    "migrator": role(owns=["shop"]),
    "reader": role(("shop", ["orders", "customers"], ["SELECT"])),
    "writer": role(("shop", ["orders", "customers"], ["SELECT", "INSERT", "UPDATE"])),
}


def refusal(at: float = 0.0, position: int = 0, **fields: Any) -> Refusal:
    """Return a refusal, with these fields in place of its own."""
    plain: dict[str, Any] = {"source": "database", "kind": Kind.TABLE, "message": "no", "code": "42501", "on": "orders"}
    told = Refusal(time=datetime.fromtimestamp(at, UTC), **{**plain, "action": "SELECT", **fields})
    return told.at(position)


def session_state(*lines: dict[str, Any]) -> SessionState:
    """Return session state that hold these lines; the run is there."""
    kept = SessionState()
    roles = {name: declared.model_dump(by_alias=True) for name, declared in ROLES.items()}
    kept.enter([line("run", run="t-1", database="app", roles=roles, key=KEY), *lines])
    return kept


def line(what: str, worker: str = "gw0", at: float = 0.0, **fields: Any) -> dict[str, Any]:
    """Return a line of the session log."""
    return {"is": what, "worker": worker, "at": at, **fields}


def begun(test: str, worker: str = "gw0") -> dict[str, Any]:
    """Return the line that tells that a test began; its client is worker and test."""
    return line("test", worker, client_id=f"{worker}-{test}", test=test)


def lease(login: str = LEASE, worker: str = "gw0", at: float = 0.0) -> dict[str, Any]:
    """Return the line that tells that a lease was taken."""
    return line("lease", worker, at, login=login, role=login.rpartition("_")[0], term=600)


def end(test: str, phase: str, worker: str = "gw0", at: float = 0.0) -> dict[str, Any]:
    """Return the line that tells that a phase ended."""
    return line("mark", worker, at, test=test, phase=phase, mark=f"{test}-{phase}")


class Marks:
    """Where marks stand in the database's log; the broker's has none.

    Attributes:
        uses: Logins that were used.
        began_anew: By server, the place in its log at which it began anew.
    """

    def __init__(self, **positions: int) -> None:
        self.uses: dict[str, object] = {}
        self.began_anew: dict[Source, int] = {}
        self._positions = {name.replace("_", "-"): position for name, position in positions.items()}

    def position(self, source: Source, mark: str) -> int | None:
        """Return where a mark stands."""
        return self._positions.get(mark) if source == "database" else None

    def restarted(self, source: Source, position: int) -> bool:
        """Return whether a server began anew before a place in its log."""
        return self.began_anew.get(source, position) < position
