"""Trying it: from each server of a run, from a workload beside them, and from one that has nothing to do with it."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from ...contract import BROKER, BROKER_PORT, DATABASE, DATABASE_PORT, EDGE, GATEWAY, INNER, resource_name
from ...engines.current import current
from ...engines.labelled import take_inventories
from ...engines.protocol import Attempt, Listener, Vantages
from ...errors import RunNotFoundError
from .matrix import Cell, Matrix, Target, can_be_tried

PORTS = {DATABASE: (DATABASE_PORT,), BROKER: (BROKER_PORT,), GATEWAY: (DATABASE_PORT, BROKER_PORT)}
TIMEOUT = 2
"""How long a try may take, in seconds."""

_ELSEWHERE = {"workload": "workload", "outside": "outsider"}
"""Listeners that are no server's, and their places."""


def probe(run: str) -> Matrix:
    """Try every way into, within and out of a run, by name and by address, and to neighbouring runs.

    Args:
        run: Its name.

    Raises:
        RunNotFoundError: It has no network here.
        EngineError: The engine cannot be reached, or has no image to probe with.
    """
    with current().vantages(run) as vantages, vantages.listen([*_ELSEWHERE.values(), *PORTS]) as listeners:
        targets = list(_targets(run, vantages, listeners))
        cells = _try_all(run, vantages, listeners, targets)
        if not all(cell.as_declared for cell in cells):
            # The engine's rules are incomplete for a moment whenever a network comes or goes on it.
            again = _try_all(run, vantages, listeners, targets)
            cells = [one if one.as_declared else other for one, other in zip(cells, again, strict=True)]
        return Matrix(run, tuple(cells), tuple(vantages.faults()), tuple(vantages.notes()))


def _try_all(run: str, vantages: Vantages, listeners: Mapping[str, Listener], targets: Sequence[Target]) -> list[Cell]:
    with ThreadPoolExecutor() as pool:
        tried = list(pool.map(lambda place: _try_from(run, vantages, targets, place), listeners))
    time.sleep(0.2)  # a datagram is on its way
    heard = {part: listeners[part].heard() for part in PORTS}
    heard |= {name: listeners[place].heard() for name, place in _ELSEWHERE.items()}
    heard[f"{GATEWAY}'s edge"] = heard[GATEWAY]
    return [
        Cell(place, target, attempt.word in heard[target.name] if target.protocol == "udp" else reached)
        for place, results in zip(listeners, tried, strict=True)
        for target, attempt, reached in results
    ]


def _try_from(
    run: str, vantages: Vantages, targets: Sequence[Target], place: str
) -> list[tuple[Target, Attempt, bool]]:
    within = [target for target in targets if can_be_tried(place, target, resource_name(run, INNER))]
    attempts = [Attempt(one.host, one.port, one.protocol, secrets.token_hex(8)) for one in within]
    reached = vantages.reach(place, attempts, TIMEOUT)
    return [
        (target, attempt, number in reached)
        for number, (target, attempt) in enumerate(zip(within, attempts, strict=True))
    ]


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
    """Yield a run's servers by name and by address, the gateway by its address on the edge as well."""
    inner = resource_name(whose, INNER)
    for part, ports in PORTS.items():
        addresses = vantages.addresses(whose, part)
        name, label = (part, part) if whose == run else (resource_name(whose, part), f"{whose}'s {part}")
        for port in ports:
            yield Target(label, name, port)
            yield Target(label, addresses[inner], port, inner=inner)
            if part == GATEWAY:
                yield Target(f"{label}'s edge", addresses[resource_name(whose, EDGE)], port)


def _beside(vantages: Vantages, run: str, listeners: Mapping[str, Listener]) -> Iterator[Target]:
    """Yield what listens beside each server, at a port that is none of its own and for datagrams."""
    inner, edge = resource_name(run, INNER), resource_name(run, EDGE)
    for part in PORTS:
        addresses, port = vantages.addresses(run, part), listeners[part].port
        for protocol in ("tcp", "udp"):
            yield Target(part, part, port, protocol)
            yield Target(part, addresses[inner], port, protocol, inner)
            if part == GATEWAY:
                yield Target(f"{GATEWAY}'s edge", addresses[edge], port, protocol)
