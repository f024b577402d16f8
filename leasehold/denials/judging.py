"""Whether a refusal was to be: expected by its test, allowed for a while, or neither."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from .allowlist import AllowList
from .attribution import Attribution, Positions, attribute, is_foreign
from .books import Books
from .declarations import declared, full_name
from .expectations import Expectation
from .ledger import Line
from .model import Denial, Kind, Verdict
from .reasons import reason, remedy
from .refusals import Refusal

_RELATIONS = (Kind.TABLE, Kind.COLUMN, Kind.SEQUENCE, Kind.OWNERSHIP, Kind.ROW_SECURITY)

OWN_DATABASE, OTHERS_DATABASE = "the test's database", "another test's database"

MOST = 20_000
"""Most denials that are kept; more are counted."""


class Judge:
    """Turns refusals into denials, in the order in which they come.

    Attributes:
        denials: All that were kept.
        left_out: How many were not.
    """

    def __init__(self, books: Books, positions: Positions, allowed: AllowList, *, shared_run: bool) -> None:
        """Begin.

        Args:
            books: What the session's processes hold.
            positions: Where marks stand in the logs.
            allowed: The allow-list.
            shared_run: Whether others may be using the run too, whose refusals are none of ours.
        """
        self.denials, self.left_out = list[Denial](), 0
        self._books, self._positions, self._allowed, self._shared = books, positions, allowed, shared_run
        self._met: set[Expectation] = set()

    def judge(self, refusals: Iterable[Refusal]) -> list[Denial]:
        """Return what refusals are, those of other sessions left out."""
        judged = []
        for refusal in refusals:
            whose = attribute(refusal, self._books, self._positions)
            if self._shared and not self._concerns_us(refusal, whose):
                continue
            judged.append(self._judged(refusal, whose))
            if len(self.denials) < MOST:
                self.denials.append(judged[-1])
            else:
                self.left_out += 1
        return judged

    def judge_sealed(self, lines: Iterable[Line]) -> list[Denial]:
        """Return what a sealed broker refused: it writes no log, so only whoever asked can tell."""
        return self.judge(
            Refusal(
                source="broker",
                time=datetime.fromtimestamp(line["at"], UTC),
                kind=Kind.SEALED,
                message="the broker is sealed",
                holder=line["holder"],
            )
            for line in lines
        )

    def unmet(self, test: str, *, over: bool) -> list[Expectation]:
        """Return expectations of a test that no denial has met so far.

        Args:
            test: The test.
            over: Whether the test itself is over, so that those for the whole of it count.
        """
        own = self._books.expectations.get(test, ())
        return [one for one in own if replace(one, end="") not in self._met and (over or one.end)]

    def _concerns_us(self, refusal: Refusal, whose: Attribution) -> bool:
        """Return whether a refusal on a shared run is this session's: one of its own leases, or else of its tests."""
        own = refusal.login in self._books.leases or whose.test or whose.candidates
        return bool(own) and not is_foreign(refusal, self._books)

    def _judged(self, refusal: Refusal, whose: Attribution) -> Denial:
        role = self._books.roles.get(refusal.role)
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
            remedy=remedy(refusal, relation, self._books.roles),
            test=whose.test,
            phase=whose.phase,
            worker=whose.worker,
            candidates=whose.candidates,
        )
        met = [
            expected
            for expected in self._books.expectations.get(denial.test or "", ())
            if expected.fits(denial) and self._within(expected, refusal)
        ]
        if met:
            self._met.update(replace(expected, end="") for expected in met)
            return denial.model_copy(update={"verdict": Verdict.EXPECTED, "because": f"expected: {met[-1]}"})
        if because := self._allowed.allows(denial):
            return denial.model_copy(update={"verdict": Verdict.ALLOWED, "because": because})
        return denial

    def _place(self, refusal: Refusal, whose: Attribution) -> str:
        """Return what it was refused on; a test's database by whose it is, since its name is another in every run."""
        guest = self._books.databases.get(refusal.on)
        if guest is None:
            return refusal.on
        return OWN_DATABASE if guest == whose.test else OTHERS_DATABASE

    def _within(self, expected: Expectation, refusal: Refusal) -> bool:
        """Return whether it stands between the marks around the block; where a log has none, anywhere will do."""
        begin, end = (self._positions.position(refusal.source, mark) for mark in (expected.begin, expected.end))
        return (begin is None or begin < refusal.position) and (end is None or refusal.position < end)
