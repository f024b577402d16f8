"""How long a run takes until it is up, what Pulumi does in each half second of it, and how long Docker alone takes for
the same networks and containers.

In turns, on one machine. Docker alone is handed what the run's own containers were made from, all at once: images,
commands, files, limits and networks. It waits until database and broker answer, as `up` does. It makes no certificates,
sets no broker up (mount, roles, logins), and keeps no state. The aim for `up` is 5 s.
"""

import argparse
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import docker
from docker.types import IPAMConfig, IPAMPool
from pulumi.automation.events import EngineEvent

from components.gateway.readiness import broker_answers, database_answers
from leasehold import Run
from leasehold.contract import BROKER_PORT, DATABASE_PORT, EDGE, INNER, SERVERS, resource_name
from stacks import shop

COLUMN = 0.5  # seconds
FOLDER = "/leasehold"
PAUSE = 0.02  # seconds between two tries to reach a server


@dataclass
class Timeline:
    """When each resource began and ended, in seconds since the call."""

    began: float = field(default_factory=time.perf_counter)
    spans: dict[str, list[float]] = field(default_factory=dict)
    ended: float = 0.0

    def observe(self, event: EngineEvent) -> None:
        """Take one event of the engine's."""
        outcome = event.resource_pre_event or event.res_outputs_event
        if outcome and outcome.metadata.op.value == "create":
            *_, kinds, name = outcome.metadata.urn.split("::")
            at = time.perf_counter() - self.began
            self.spans.setdefault(f"{kinds.rpartition('/')[2].rpartition(':')[2]} {name}", []).append(at)

    def __str__(self) -> str:
        columns = range(int(self.ended / COLUMN) + 1)
        lines = ["".join(f"{at * COLUMN:<4.0f}" if at % 4 == 0 else "" for at in columns)]
        for what, (first, *rest) in self.spans.items():
            last = rest[-1] if rest else self.ended
            bar = "".join("#" if first < (at + 1) * COLUMN and last >= at * COLUMN else "." for at in columns)
            lines.append(f"{bar} {last - first:5.2f} s  {what}")
        return "\n".join(lines)


def made_by_us() -> tuple[Run, Timeline]:
    """Make a run; return it, and what Pulumi did when."""
    timeline = Timeline()
    run = Run.create(program=shop.declare, on_event=timeline.observe)
    timeline.ended = time.perf_counter() - timeline.began
    return run, timeline


def plan_of(client: docker.DockerClient, run: str) -> tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]]:
    """Return what a run's networks and containers are made from."""
    networks = {part: client.networks.get(resource_name(run, part)).attrs for part in (INNER, EDGE)}
    servers = []
    for part in SERVERS:
        container = client.containers.get(resource_name(run, part))
        pieces, _ = container.get_archive(FOLDER)
        servers.append((dict(container.attrs), b"".join(pieces)))
    return networks, servers


def docker_alone(plan: tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]], client: docker.DockerClient) -> float:
    """Make networks and containers from a plan, wait until both answer, remove all; return the seconds until then."""
    networks, servers = plan
    mark = f"bench-{secrets.token_hex(3)}"
    made: list[Any] = []
    try:
        began = time.perf_counter()
        names = {}
        for part, told in networks.items():
            pool = [IPAMPool(subnet=one["Subnet"]) for one in told["IPAM"]["Config"]]
            names[part] = f"{mark}-{part}"
            made.append(
                client.networks.create(
                    names[part],
                    internal=told["Internal"],
                    options=told["Options"],
                    labels={"bench": mark},
                    ipam=IPAMConfig(pool_configs=pool),
                )
            )
        with ThreadPoolExecutor() as threads:
            containers = list(threads.map(lambda one: _container(client, mark, names, *one), servers))
        gateway = containers[SERVERS.index("gateway")]
        made[:0] = containers
        gateway.reload()
        for port, answers in ((DATABASE_PORT, database_answers), (BROKER_PORT, broker_answers)):
            there = gateway.ports[f"{port}/tcp"][0]
            while not answers(there["HostIp"], int(there["HostPort"])):
                time.sleep(PAUSE)
        return time.perf_counter() - began
    finally:
        for one in made:
            one.remove(**({"force": True} if hasattr(one, "exec_run") else {}))


def _container(
    client: docker.DockerClient, mark: str, names: dict[str, str], told: dict[str, Any], files: bytes
) -> Any:
    """Make one container as a run's own was made, and start it."""
    config, limits = told["Config"], told["HostConfig"]
    part = told["Name"].rpartition("-")[2]
    container = client.containers.create(
        config["Image"],
        config.get("Cmd"),
        name=f"{mark}-{part}",
        user=config["User"],
        entrypoint=config["Entrypoint"],
        environment=config["Env"],
        tmpfs=limits.get("Tmpfs") or {},
        shm_size=limits["ShmSize"],
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        dns=["127.0.0.1"],
        ports=dict.fromkeys(limits.get("PortBindings") or {}, ("127.0.0.1", 0)),
        labels={"bench": mark},
        network=names[INNER],
        networking_config={names[INNER]: client.api.create_endpoint_config(aliases=[part])},
    )
    if part == "gateway":
        client.networks.get(names[EDGE]).connect(container)
    container.put_archive("/", files)
    container.start()
    return container


def main() -> None:
    """Measure in turns; print the medians, their ratio, and the last timeline."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    client = docker.from_env()
    ours, alone = [], []
    for number in range(rounds):
        run, timeline = made_by_us()
        try:
            plan = plan_of(client, run.name)
        finally:
            run.destroy()
        ours.append(timeline.ended)
        alone.append(docker_alone(plan, client))
        print(f"round {number + 1}: up {ours[-1]:.2f} s, Docker alone {alone[-1]:.2f} s", flush=True)
    print(timeline)
    ratio = statistics.median(one / other for one, other in zip(ours, alone, strict=True))
    print(
        f"medians: up {statistics.median(ours):.2f} s, Docker alone {statistics.median(alone):.2f} s, ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
