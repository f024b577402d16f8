"""Taking a ready run: one that the session would have made itself, and that nobody else gets."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...clock import now
from ...contract import GATEWAY, resource_name
from ...engines import labelled
from ...engines.current import current
from ...engines.locks import READY, TAKEN, Lock, Locks
from ...engines.resources import Inventory
from ...errors import EngineError
from ...inputs import other_shell
from ...outputs import Outputs
from ...runs.held.locking import move
from . import offer as offers
from .offer import Offer

NO_LOCKS = (
    "a pool can be shared on Kubernetes alone, whose locks jobs on other machines see, and this shell's engine is "
)
"""Begins why there is none on an engine without locks."""

QUICKER = "others were quicker"

_OURS = ("LEASEHOLD_", "PULUMI_")
_OF_A_MACHINE = frozenset(
    {
        "LEASEHOLD_ID_TOKEN_FILE",
        "LEASEHOLD_LOGIN",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_HOME",
    }
)
"""Variables that say how this machine works, and nothing of what is made."""


@dataclass(frozen=True)
class Wanted:
    """The run that a session would have made.

    Attributes:
        pool: The pool's name.
        recipe: The recipe's key.
        checkout: Where this machine has the project.
        shell: Fingerprints of this shell's variables.
    """

    pool: str
    recipe: str
    checkout: Path
    shell: Mapping[str, str]

    def other(self, offer: Offer) -> str:
        """Return why a run that is offered is not what the session would have made, as a clause; empty if it is."""
        return (
            other_shell(offer.shell, deciding(self.shell))
            or offer.inputs.other(self.shell)
            or offer.inputs.changed(self.checkout)
        )


@dataclass(frozen=True)
class Taken:
    """A run that was taken.

    Attributes:
        lock: The lock on it, which is the taker's.
        outputs: Its outputs, with the harness's login.
        ends: When its term is over, in seconds since the epoch.
    """

    lock: Lock
    outputs: Outputs
    ends: float


def deciding(shell: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that decide what any program makes, wherever it runs."""
    return {name: one for name, one in shell.items() if name.startswith(_OURS) and name not in _OF_A_MACHINE}


def take(wanted: Wanted, holder: str) -> Taken | str:
    """Take a ready run; return why there is none, as a clause.

    Nothing of a run is changed before its lock is the taker's. If the taker ends in between, the lock runs out, and
    whoever sees that ends the run.

    Args:
        wanted: Which one.
        holder: What the taker calls itself.

    Raises:
        EngineError: The engine cannot be reached, or refuses.
    """
    engine = current()
    if engine.locks is None:
        return f"{NO_LOCKS}{engine.name}"
    return take_from(engine.locks, wanted, holder)


def take_from(locks: Locks, wanted: Wanted, holder: str) -> Taken | str:
    """As `take`, with the engine's locks."""
    there = locks.every(wanted.pool)
    ready = [lock for lock in there if lock.state == READY and lock.recipe == wanted.recipe]
    why = _none(wanted.pool, there)
    for lock in random.sample(ready, len(ready)):  # so that those who come at once seldom want the same
        if not _is_up(lock):
            why = "its servers have stopped"
            continue
        why = QUICKER
        if (offer := _read(lock.run)) is None:
            continue
        if why := _out_of_time(offer) or wanted.other(offer) or _out_of_reach(lock, offer):
            continue
        why = QUICKER
        if mine := move(locks, lock, holder=holder, state=TAKEN):
            outputs = offers.take(lock.run, offer)
            if outputs is None:
                raise EngineError(f"Run {lock.run!r} was taken, and its login is not there. It ends by itself.")
            return Taken(mine, outputs, offer.ends)
    return why


def _read(run: str) -> Offer | None:
    try:
        return offers.read(run)
    except EngineError:  # it has just been taken, and ended
        return None


def _none(pool: str, there: list[Lock]) -> str:
    if not there:
        return f"nobody keeps a pool {pool!r} in this cluster"
    if any(lock.state == READY for lock in there):
        return (
            f"those of pool {pool!r} are made by another recipe (program, term, settings of migrations, or versions of "
            "Leasehold, Pulumi or Python)"
        )
    return f"none of pool {pool!r} is ready"


def _is_up(lock: Lock) -> bool:
    found = Inventory.of(labelled.resources_under(lock.name_lock))
    return found.running == len(found.servers) > 0


def _out_of_time(offer: Offer) -> str:
    return "half of its term is over" if offer.ends - now() < (offer.ends - offer.made) / 2 else ""


def _out_of_reach(lock: Lock, offer: Offer) -> str:
    gateway = offer.outputs["gateway"]
    server = resource_name(lock.run, GATEWAY)
    return current().out_of_reach(server, str(gateway["host"]), int(gateway["database_port"]))
