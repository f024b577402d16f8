"""Podman behind its Docker-compatible socket: what a run does there, and which locks its networks do not have."""

from collections.abc import Callable

import pytest

from .lifecycle import run_through
from .podman_engine import PodmanEngine
from .second_engine import second_engine
from .support import inspect_run

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
            return done.returncode, done.stdout + done.stderr

        run_through(told, name, "127.0.0.1", AMISS)
        assert engine.names() == []
    assert inspect_run(name).empty
