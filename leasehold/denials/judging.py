"""Judges denials: expected by the test, allowed for a while, or unexpected."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from ..contract import TEMPLATE_ADMIN, broker_name
from .allowlist import AllowList
from .attribution import Attribution, Positions, attribute, is_foreign
from .declarations import declared, full_name
from .expectations import Expectation
from .model import Denial, Kind, Verdict
from .reasons import reason
from .remedies import remedy
from .session_log import Line
from .session_state import SessionState
from .sources.database_log import LEASE
from .sources.entries import Refusal, Source

_RELATIONS = (Kind.TABLE, Kind.COLUMN, Kind.SEQUENCE, Kind.OWNERSHIP, Kind.ROW_SECURITY)

OWN_DATABASE, OTHERS_DATABASE = "the test's database", "another test's database"

MOST = 20_000
"""Most denials that are kept; more are counted."""


class Logs(Positions, Protocol):
    """Knows what the servers' logs tell beside refusals."""

    @property
    def uses(self) -> Mapping[str, object]:
        """Logins that were used."""

    def restarted(self, source: Source, position: int) -> bool:
        """Return whether a server began anew before a place in its log."""


class Judge:
    """Turns refusals into denials, in the order in which they come.

    Attributes:
        denials: All that were kept.
        left_out: How many were not.
    """

    def __init__(self, session_state: SessionState, logs: Logs, allowed: AllowList, *, shared_run: bool) -> None:
        """Begin.

        Args:
            session_state: What the session's processes hold.
            logs: What the servers' logs tell beside refusals.
            allowed: The allow-list.
            shared_run: Whether other sessions may use the run too; their refusals are not ours.
        """
        self.denials, self.left_out = list[Denial](), 0
        self._session_state, self._logs, self._allowed, self._shared = session_state, logs, allowed, shared_run
        self._met: set[Expectation] = set()

    def judge(self, refusals: Iterable[Refusal]) -> list[Denial]:
        """Return what refusals are, those of other sessions left out."""
        judged = []
        roles = self._session_state.roles
        names = {broker_name(role): role for role in roles}
        for found in refusals:
            static = found.login in roles and roles[found.login].is_static
            role = found.login if static else names.get(found.role, found.role)
            refusal = replace(found, role=role, kind=self._kind(found))
            if self._is_nobodys(refusal):
                continue
            whose = attribute(refusal, self._session_state, self._logs)
            if self._shared and not self._concerns_us(refusal, whose):
                continue
            judged.append(self._judged(refusal, whose))
            if len(self.denials) < MOST:
                self.denials.append(judged[-1])
            else:
                self.left_out += 1
        return judged

    def judge_sealed(self, lines: Iterable[Line]) -> list[Denial]:
        """Return what a sealed broker refused: it writes no log, so the client reports it."""
        return self.judge(
            Refusal(
                source="broker",
                time=datetime.fromtimestamp(line["at"], UTC),
                kind=Kind.SEALED,
                message="the broker is sealed",
                client_id=line["client_id"],
            )
            for line in lines
        )

    def unmet(self, test: str, *, over: bool) -> list[Expectation]:
        """Return expectations of a test that no denial has met so far.

        Args:
            test: The test.
            over: Whether the test itself is over, so that those for the whole of it count.
        """
        own = self._session_state.expectations.get(test, ())
        return [one for one in own if one.begun not in self._met and (over or one.end)]

    def _kind(self, refusal: Refusal) -> Kind:
        """Return what was refused. Every lease may enter the run's own database: one that may not is losing its login.

        The server looks a login up first, and asks for its rights then, which a revocation can have taken meanwhile.
        """
        entering = (refusal.kind, refusal.action, refusal.on) == (
            Kind.DATABASE,
            "connect",
            self._session_state.database,
        )
        return Kind.REVOKED_LOGIN if entering and refusal.login in self._session_state.leases else refusal.kind

    def _is_nobodys(self, refusal: Refusal) -> bool:
        """Return whether it is a refusal of the harness, or comes from a server that lost its memory."""
        held = self._session_state.leases.get(refusal.login)
        if refusal.key in self._session_state.keys or TEMPLATE_ADMIN in (refusal.role, held.role if held else ""):
            return True
        if not self._logs.restarted(refusal.source, refusal.position):
            return False
        forgotten = held is not None and held.revoked is None and refusal.kind is Kind.REVOKED_LOGIN
        return forgotten or refusal.kind in (Kind.BAD_TOKEN, Kind.BROKER_LOGIN)

    def _concerns_us(self, refusal: Refusal, whose: Attribution) -> bool:
        """Return whether a refusal on a run that others may use is this session's.

        Once another session has been seen there, the time alone attributes nothing: it may be theirs.
        """
        if is_foreign(refusal, self._session_state):
            return False
        if whose.guessed:
            others = any(
                LEASE.fullmatch(login) and login not in self._session_state.leases for login in self._logs.uses
            )
            return not others and bool(whose.test or whose.candidates)
        return bool(refusal.login in self._session_state.leases or whose.test or whose.candidates)

    def _judged(self, refusal: Refusal, whose: Attribution) -> Denial:
        role = self._session_state.roles.get(refusal.role)
        relation = full_name(refusal, role) if refusal.kind in _RELATIONS else self._place(refusal, whose)
        denial = Denial(
            number=len(self.denials) + self.left_out + 1,
            time=refusal.time,
            source=refusal.source,
            kind=refusal.kind,
            code=refusal.code,
            role=refusal.role,
            login=refusal.login,
            action=refusal.action,
            on=relation,
            statement=refusal.statement,
            message=refusal.message,
            reason=reason(refusal),
            declaration=declared(refusal.role, role) if role else "",
            remedy=remedy(refusal, relation, self._session_state.roles),
            test=whose.test,
            phase=whose.phase,
            worker=whose.worker,
            candidates=whose.candidates,
        )
        met = [
            expected
            for expected in self._session_state.expectations.get(denial.test or "", ())
            if expected.fits(denial) and self._within(expected, refusal)
        ]
        if met:
            self._met.update(expected.begun for expected in met)
            return denial.model_copy(update={"verdict": Verdict.EXPECTED, "because": f"expected: {met[-1]}"})
        if because := self._allowed.allows(denial):
            return denial.model_copy(update={"verdict": Verdict.ALLOWED, "because": because})
        return denial

    def _place(self, refusal: Refusal, whose: Attribution) -> str:
        """Return what it was refused on; a test's database by its owner, since its name differs in every run."""
        guest = self._session_state.databases.get(refusal.on)
        if guest is None:
            return refusal.on
        return OWN_DATABASE if guest == whose.test else OTHERS_DATABASE

    def _within(self, expected: Expectation, refusal: Refusal) -> bool:
        """Return whether it stands between the marks around the block; where a log has none, anywhere will do."""
        begin, end = (self._logs.position(refusal.source, mark) for mark in (expected.begin, expected.end))
        return (begin is None or begin < refusal.position) and (end is None or refusal.position < end)
