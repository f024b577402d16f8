"""A job in a container that has the socket of the host's engine, and this machine's files."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from leasehold.engines.docker import execs

from .lifecycle import run_through
from .support import COMMAND, PROJECT, image_of, inspect_run, leasehold

OWN = {"proc", "sys", "dev", "lost+found"}
"""Folders that a container has for itself."""


@contextmanager
def job(engine: docker.DockerClient, network: str) -> Iterator[Container]:
    """Keep a container running that looks like this machine, and is on a network."""
    folders = [str(one) for one in Path("/").iterdir() if one.is_dir() and one.name not in OWN]
    container = engine.containers.run(
        image_of("probe"),
        ["-c", "sleep 3600"],
        entrypoint="/bin/sh",
        detach=True,
        network_mode=network,
        labels={"dev.leasehold.test": "job"},
        volumes={folder: {"bind": folder, "mode": "rw"} for folder in folders},
        environment=dict(os.environ),
        working_dir=str(PROJECT),
    )
    try:
        yield container
    finally:
        container.remove(force=True)


def told(container: Container, *words: str, **shell: str) -> tuple[int, str]:
    """Run a command in a container; return its exit status, and what it says."""
    status, output = execs.run(container, words, environment=shell)
    return status, " ".join(output.decode(errors="replace").split())


@pytest.fixture(params=["bridge", pytest.param("host", marks=pytest.mark.soak)])
def container(request: pytest.FixtureRequest, engine: docker.DockerClient) -> Iterator[Container]:
    with job(engine, request.param) as made:
        yield made


@pytest.mark.timeout(3600)  # each of its commands begins in the container
def test_a_job_in_a_container_of_the_engine(
    container: Container, new_name: Callable[[], str], engine: docker.DockerClient
) -> None:
    """With a network of its own, ports are published on that network's gateway; with the host's, on loopback."""
    name = new_name()
    attributes = engine.api.inspect_container(str(container.id))
    own = attributes["NetworkSettings"]["Networks"].get("bridge", {}).get("Gateway")
    run_through(lambda *words: told(container, *words), name, own or "127.0.0.1")
    assert inspect_run(name).empty


def test_a_kept_run_of_the_host_and_a_container(new_name: Callable[[], str], engine: docker.DockerClient) -> None:
    """Made on the host it is out of a container's reach, and says so; made in the container, the host reaches it."""
    name, other = new_name(), new_name()
    assert leasehold("up", name).returncode == 0
    with job(engine, "bridge") as container:
        for words in (("show", name), ("exec", name, "--role", "reader", "--", "true")):
            status, said = told(container, *COMMAND, *words)
            assert status == 8, said
            assert f"Run '{name}' cannot be used from here: its ports are published on 127.0.0.1 of" in said
            assert f"here this is container {container.name} of the engine's, with a network of its own" in said
        assert told(container, *COMMAND, "down", name)[0] == 0
        assert told(container, *COMMAND, "up", other)[0] == 0
    assert leasehold("audit", other).returncode == 0
    assert leasehold("down", other).returncode == 0
