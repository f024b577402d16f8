"""Trying it: a small container beside each part of a run, and one that has nothing to do with it."""

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container
from docker.models.networks import Network

from ...engines import labelled as engine
from ...errors import EngineError, RunNotFoundError
from .faults import faults_of
from .matrix import Cell, Matrix, Target, can_be_tried

IMAGE = os.environ.get("LEASEHOLD_IMAGE_PROBE") or "alpine/socat"
PORTS = {"database": (5432,), "broker": (8200,), "door": (5432, 8200)}
LISTENING = 7000
TIMEOUT = 2
"""How long a try may take, in seconds."""

_LISTEN = (
    f"touch /tmp/udp; socat TCP-LISTEN:{LISTENING},fork,reuseaddr EXEC:cat & "
    f"socat -u UDP-RECVFROM:{LISTENING},fork OPEN:/tmp/udp,creat,append & wait"
)
_TCP = "socat -u OPEN:/dev/null TCP:{host}:{port},connect-timeout={timeout} >/dev/null 2>&1 && echo {number}"
_UDP = "echo {word} | socat -u - UDP:{host}:{port} >/dev/null 2>&1"


def probe(run: str) -> Matrix:
    """Try every way into, within and out of a run, by name and by address, and to neighbouring runs.

    Args:
        run: Its name.

    Raises:
        RunNotFoundError: It has no network here.
        EngineError: The engine cannot be reached, or has no image to probe with.
    """
    with engine.connected() as client, ThreadPoolExecutor() as pool:
        inner = _network(client, run, "inner")
        faults = faults_of(client, run)  # before our own containers join
        with _outside(client, run) as elsewhere:
            outside = _start(client, run, _LISTEN, network=elsewhere.name)
            workload = _start(client, run, _LISTEN, network=inner.name)
            ears = dict(zip(PORTS, pool.map(lambda part: _listen_beside(client, run, part), PORTS), strict=True))
            try:
                targets = [
                    *_parts(client, run, run),
                    *_beside(client, run),
                    *_listener("workload", workload, str(inner.name), inner=str(inner.name)),
                    *_listener("outside", outside, str(elsewhere.name)),
                    *_neighbours(client, run),
                ]
                places: dict[str, dict[str, Any]] = {
                    "workload": {"network": inner.name},
                    "outsider": {"network": elsewhere.name},
                    **{part: {"network_mode": f"container:leasehold-{run}-{part}"} for part in PORTS},
                }

                def try_from(source: str) -> tuple[str, list[tuple[Target, bool, str]]]:
                    within = [target for target in targets if can_be_tried(source, target, str(inner.name))]
                    return source, _try(client, run, within, places[source])

                def try_all() -> list[Cell]:
                    spoken = list(pool.map(try_from, places))
                    time.sleep(0.2)  # a datagram is on its way
                    heard = {"workload": _heard(workload), "outside": _heard(outside)}
                    heard |= {part: _heard(ear) for part, ear in ears.items()}
                    heard["door's edge"] = heard["door"]
                    return [
                        Cell(source, target, word in heard[target.name] if target.protocol == "udp" else reached)
                        for source, results in spoken
                        for target, reached, word in results
                    ]

                cells = try_all()
                if not all(cell.as_declared for cell in cells):
                    # The engine's rules are incomplete for a moment whenever a network comes or goes on it.
                    cells = [
                        first if first.as_declared else again for first, again in zip(cells, try_all(), strict=True)
                    ]
            finally:
                for container in (outside, workload, *ears.values()):
                    container.remove(force=True)
    return Matrix(run, tuple(cells), tuple(faults))


def _try(
    client: docker.DockerClient, run: str, targets: Sequence[Target], where: dict[str, Any]
) -> list[tuple[Target, bool, str]]:
    """Try all targets from one place; return for each whether it answered, and the word that was sent to it."""
    words = [secrets.token_hex(8) for _ in targets]
    script = " & ".join(
        "( "
        + (_TCP if target.protocol == "tcp" else _UDP).format(
            host=target.host, port=target.port, timeout=TIMEOUT, number=number, word=word
        )
        + " )"
        for number, (target, word) in enumerate(zip(targets, words, strict=True))
    )
    container = _start(client, run, f"{script} & wait", **where)
    try:
        container.wait(timeout=60)
        reached = {int(line) for line in container.logs().decode().split()}
    finally:
        container.remove(force=True)
    return [(target, number in reached, words[number]) for number, target in enumerate(targets)]


def _parts(client: docker.DockerClient, run: str, whose: str) -> Iterator[Target]:
    """Yield a run's parts by name and by address, the door by its address on the edge as well."""
    inner, edge = (f"leasehold-{whose}-{network}" for network in ("inner", "edge"))
    for part, ports in PORTS.items():
        container = client.containers.get(f"leasehold-{whose}-{part}")
        name, label = (part, part) if whose == run else (str(container.name), f"{whose}'s {part}")
        for port in ports:
            yield Target(label, name, port)
            yield Target(label, _address(container, inner), port, inner=inner)
            if part == "door":
                yield Target(f"{label}'s edge", _address(container, edge), port)


def _listen_beside(client: docker.DockerClient, run: str, part: str) -> Container:
    return _start(client, run, _LISTEN, network_mode=f"container:leasehold-{run}-{part}")


def _beside(client: docker.DockerClient, run: str) -> Iterator[Target]:
    """Yield what listens beside each part, at a port that is none of its own and for datagrams, as `_parts` does."""
    inner, edge = (f"leasehold-{run}-{network}" for network in ("inner", "edge"))
    for part in PORTS:
        container = client.containers.get(f"leasehold-{run}-{part}")
        for protocol in ("tcp", "udp"):
            yield Target(part, part, LISTENING, protocol)
            yield Target(part, _address(container, inner), LISTENING, protocol, inner)
            if part == "door":
                yield Target("door's edge", _address(container, edge), LISTENING, protocol)


def _neighbours(client: docker.DockerClient, run: str) -> Iterator[Target]:
    for name, inventory in engine.take_inventories().items():
        if name != run and inventory.running == len(PORTS):
            try:
                yield from _parts(client, run, name)
            except docker.errors.NotFound:
                continue  # it has just ended


def _listener(name: str, container: Container, network: str, inner: str = "") -> Iterator[Target]:
    address = _address(container, network)
    for protocol in ("tcp", "udp"):
        yield Target(name, address, LISTENING, protocol, inner)


def _heard(container: Container) -> str:
    output = container.exec_run(["cat", "/tmp/udp"]).output  # noqa: S108 - in the container
    return output.decode(errors="replace") if isinstance(output, bytes) else ""


def _address(container: Container, network: str) -> str:
    container.reload()
    return str(container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"])


def _start(client: docker.DockerClient, run: str, script: str, **where: Any) -> Container:
    """Start a container of ours, with as few rights as a run's own; it goes with the run if we are killed."""
    if "network_mode" not in where:  # no name is looked up in the world
        where = {**where, "dns": ["127.0.0.1"], "dns_opt": ["timeout:1", "attempts:1"]}
    try:
        return client.containers.run(
            IMAGE,
            ["-c", script],
            entrypoint="sh",
            detach=True,
            labels={**engine.labels_beside(client, f"leasehold-{run}-inner"), "dev.leasehold.part": "probe"},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            **where,
        )
    except docker.errors.ImageNotFound:
        raise EngineError(
            f"There is no image {IMAGE!r} to probe with, and it could not be pulled. Name one that has a shell and "
            "socat in LEASEHOLD_IMAGE_PROBE; in a checkout, `make setup` builds one."
        ) from None


@contextmanager
def _outside(client: docker.DockerClient, run: str) -> Iterator[Network]:
    """Give a network that has nothing to do with the run but its label, by which it is found if we are killed."""
    labels = engine.labels_beside(client, f"leasehold-{run}-inner")
    made = client.networks.create(f"leasehold-{run}-outside-{secrets.token_hex(3)}", labels=labels)
    try:
        yield made
    finally:
        made.remove()


def _network(client: docker.DockerClient, run: str, part: str) -> Network:
    try:
        return client.networks.get(f"leasehold-{run}-{part}")
    except docker.errors.NotFound:
        raise RunNotFoundError(
            f"There is no run {run!r} on this engine. `leasehold list` shows those there are."
        ) from None
