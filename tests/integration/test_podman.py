"""Podman behind its Docker-compatible socket: what a run does there, and which locks its networks do not have."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from leasehold.contract import INNER, resource_name

from .lifecycle import LOOPBACK, run_through
from .podman_engine import PodmanEngine
from .second_engine import SecondEngine, second_engine
from .support import COMMAND, inspect_run

AMISS = (
    "the host has an address on the inner network",
    "masquerading is on in the edge network",
    "outsider reaches gateway's edge",
    "gateway reaches outside",
)
"""What a run's probe says of Podman 4.3: the host is on every bridge, and networks are not kept from each other."""


@pytest.mark.soak
def test_a_run_on_podman(new_name: Callable[[], str]) -> None:
    name = new_name()
    with second_engine(kind=PodmanEngine) as engine:
        by_its_socket = {"DOCKER_HOST": engine.host}

        def told(*words: str) -> tuple[int, str]:
            done = engine.run(*words, shell=by_its_socket)
            if words == (*COMMAND, "up", name):
                keep_bridge(engine, name)
            return done.returncode, done.stdout + done.stderr

        run_through(told, name, LOOPBACK, AMISS)
        assert engine.names() == []
    assert inspect_run(name).empty


def keep_bridge(engine: SecondEngine, run: str) -> None:
    """Have the bridge of a run's inner network keep its address, as netavark does since 1.9 (its pull request 833).

    With the one before, a bridge has the lowest address of what is on it: when the probe's containers joined, it took
    another, and servers sent their questions for names to the old one for a while (docs/how-to/docker-elsewhere.md).
    """
    client = engine.client()
    try:
        configs = client.networks.get(resource_name(run, INNER)).attrs["IPAM"]["Config"]
    finally:
        client.close()
    (bridge,) = _shown(engine, "address", "show", "to", configs[0]["Gateway"])
    (link,) = _shown(engine, "link", "show", bridge["ifname"])
    kept = [*engine.inside, "ip", "link", "set", bridge["ifname"], "address", link["address"]]
    subprocess.run(kept, check=True)


def _shown(engine: SecondEngine, *words: str) -> Any:
    return json.loads(subprocess.run([*engine.inside, "ip", "-json", *words], capture_output=True, check=True).stdout)
