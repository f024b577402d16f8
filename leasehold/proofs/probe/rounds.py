"""How often a probe tries: what a busy machine did not do in time is no verdict on a lock."""

from collections.abc import Callable, Sequence

from .matrix import Cell, Try

_FRUITLESS = 5
"""After how many rounds that have reached nothing new, what is not reached yet counts as not reached."""

Tried = Callable[[Sequence[Try]], dict[Try, bool]]
"""Makes tries side by side, and returns which have reached their targets."""


def settle(tries: Sequence[Try], tried: Tried) -> list[Cell]:
    """Make tries in rounds until each came out as declared, or is known not to.

    A round makes those again that did not. A way that should not be there has to be there twice: the engine's rules are
    incomplete for a moment whenever a network comes or goes. A way that should be there is looked for as long as rounds
    find more: a name may go unanswered on a machine that is starved, and fewer tries at once are answered sooner. What
    such a machine has not reached that should not be reached is tried once more in the end, without all the others.

    Args:
        tries: What to try.
        tried: Makes a round.
    """
    found = tried(tries)
    starved = bool(_missing(tries, found))
    amiss = [one for one in tries if found[one] != one.declared]
    found |= tried(amiss) if amiss else {}
    missing, fruitless = _missing(amiss, found), 0
    while missing and fruitless < _FRUITLESS:
        found |= tried(missing)
        left = _missing(missing, found)
        missing, fruitless = left, fruitless + 1 if len(left) == len(missing) else 0
    if starved and (shut := [one for one in tries if not (one.declared or found[one])]):
        again = tried(shut)
        if holes := [one for one in shut if again[one]]:
            found |= tried(holes)
    return [Cell(one.source, one.target, found[one]) for one in tries]


def _missing(tries: Sequence[Try], found: dict[Try, bool]) -> list[Try]:
    return [one for one in tries if one.declared and not found[one]]
