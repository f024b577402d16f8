"""Trying it: from each server of a run, from a workload beside them, and from one that has nothing to do with it."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from ...contract import BROKER, BROKER_PORT, DATABASE, DATABASE_PORT, EDGE, GATEWAY, INNER, resource_name
from ...engines.current import current
from ...engines.labelled import take_inventories
from ...engines.protocol import Attempt, Listener, Vantages
from ...errors import EngineError, RunNotFoundError
from .matrix import Matrix, Target, Try, can_be_tried
from .rounds import settle

PORTS = {DATABASE: (DATABASE_PORT,), BROKER: (BROKER_PORT,), GATEWAY: (DATABASE_PORT, BROKER_PORT)}
TIMEOUT = 2
"""How long a try may take, in seconds."""

_ELSEWHERE = {"workload": "workload", "outside": "outsider"}
"""Listeners that are no server's, and their places."""
_LISTENING = {**_ELSEWHERE, **{part: part for part in PORTS}, f"{GATEWAY}'s edge": GATEWAY}
"""The place of the listener behind each target."""
_LOOPBACK = "127.0.0.1"
_WORDS = 300
"""How many words a listener is sent from its own place until it has to have heard one."""


def probe(run: str) -> Matrix:
    """Try every way into, within and out of a run, by name and by address, and to neighbouring runs.

    Args:
        run: Its name.

    Raises:
        RunNotFoundError: It has no network here.
        EngineError: The engine cannot be reached, has no image to probe with, or did not let the probe try.
    """
    with current().vantages(run) as vantages, vantages.listen([*_ELSEWHERE.values(), *PORTS]) as listeners:
        for place, listener in listeners.items():
            _heard(vantages, place, listener)
        targets = list(_targets(run, vantages, listeners))
        tries = [
            Try(place, target)
            for place in listeners
            for target in targets
            if can_be_tried(place, target, resource_name(run, INNER), routed=vantages.routed)
        ]
        cells = settle(tries, lambda some: _try(vantages, listeners, some))
        return Matrix(run, tuple(cells), tuple(vantages.faults()), tuple(vantages.notes()))


def _try(vantages: Vantages, listeners: Mapping[str, Listener], tries: Sequence[Try]) -> dict[Try, bool]:
    """Make tries side by side; return which have reached their targets."""
    attempts = {
        one: Attempt(one.target.host, one.target.port, one.target.protocol, secrets.token_hex(8)) for one in tries
    }
    with ThreadPoolExecutor() as pool:
        sources = {one.source for one in tries}
        made = pool.map(lambda place: _try_from(vantages, place, attempts), sources)
    connected = {one for some in made for one in some}
    listening = {_LISTENING[one.target.name] for one in tries if one.target.protocol == "udp"}
    heard = {place: _heard(vantages, place, listeners[place]) for place in listening}
    return {
        one: attempt.word in heard[_LISTENING[one.target.name]] if attempt.protocol == "udp" else one in connected
        for one, attempt in attempts.items()
    }


def _try_from(vantages: Vantages, place: str, attempts: Mapping[Try, Attempt]) -> list[Try]:
    """Make the attempts of one place; return those whose connection was made."""
    own = [one for one in attempts if one.source == place]
    reached = vantages.reach(place, [attempts[one] for one in own], TIMEOUT)
    return [one for number, one in enumerate(own) if number in reached]


def _heard(vantages: Vantages, place: str, listener: Listener) -> str:
    """Return what datagrams have said to a listener, once it has heard one of its own place.

    What was sent to it before has come by then: it reads them in order. It is the positive control, too: one that does
    not listen hears nothing, which must not be taken for a lock.

    Raises:
        EngineError: It does not hear itself.
    """
    for _ in range(_WORDS):
        word = secrets.token_hex(8)
        itself = [Attempt(_LOOPBACK, listener.port, protocol, word) for protocol in ("tcp", "udp")]
        connected = vantages.reach(place, itself, TIMEOUT) == {0}
        if connected and word in (heard := listener.heard()):
            return heard
        time.sleep(0.1)
    raise EngineError(
        f"The probe's listener at the place {place!r} does not hear what is sent to it from there, so nothing is known "
        "of who reaches it; probe again."
    )


def _targets(run: str, vantages: Vantages, listeners: Mapping[str, Listener]) -> Iterator[Target]:
    yield from _servers(vantages, run, run)
    yield from _beside(vantages, run, listeners)
    for name, place in _ELSEWHERE.items():
        inner = resource_name(run, INNER) if place == "workload" else ""
        for protocol in ("tcp", "udp"):
            yield Target(name, listeners[place].address, listeners[place].port, protocol, inner)
    for other, inventory in take_inventories().items():
        if other != run and inventory.running == len(PORTS):
            try:
                yield from list(_servers(vantages, run, other))
            except RunNotFoundError:
                continue  # it has just ended


def _servers(vantages: Vantages, run: str, whose: str) -> Iterator[Target]:
    """Yield a run's servers by name and by address, the gateway by its address on the edge as well, if it has one."""
    inner = resource_name(whose, INNER)
    for part, ports in PORTS.items():
        addresses = vantages.addresses(whose, part)
        name, label = (part, part) if whose == run else (resource_name(whose, part), f"{whose}'s {part}")
        for port in ports:
            yield Target(label, name, port)
            yield Target(label, addresses[inner], port, inner=inner, published=vantages.routed and part == GATEWAY)
            if edge := addresses.get(resource_name(whose, EDGE)):
                yield Target(f"{label}'s edge", edge, port)


def _beside(vantages: Vantages, run: str, listeners: Mapping[str, Listener]) -> Iterator[Target]:
    """Yield what listens beside each server, at a port that is none of its own and for datagrams."""
    inner, edge = resource_name(run, INNER), resource_name(run, EDGE)
    for part in PORTS:
        addresses, port = vantages.addresses(run, part), listeners[part].port
        for protocol in ("tcp", "udp"):
            if not vantages.routed:  # there, a name leads to what a server publishes, and to nothing beside it
                yield Target(part, part, port, protocol)
            yield Target(part, addresses[inner], port, protocol, inner)
            if edge in addresses:
                yield Target(f"{GATEWAY}'s edge", addresses[edge], port, protocol)
