"""A job in a container that has the socket of the host's engine, and this machine's files."""

import os
from collections.abc import Callable
from pathlib import Path

import docker
import pytest

from .support import COMMAND, PROJECT, image_of, inspect_run

OWN = {"proc", "sys", "dev", "lost+found"}
"""Folders that a container has for itself."""


def job(engine: docker.DockerClient, command: str, network: str) -> int:
    """Run a shell command in a container that looks like this machine; return its exit status."""
    folders = [str(one) for one in Path("/").iterdir() if one.is_dir() and one.name not in OWN]
    container = engine.containers.run(
        image_of("probe"),
        ["-c", command],
        entrypoint="/bin/sh",
        detach=True,
        network_mode=network,
        labels={"dev.leasehold.test": "job"},
        volumes={folder: {"bind": folder, "mode": "rw"} for folder in folders},
        environment=dict(os.environ),
        working_dir=str(PROJECT),
    )
    try:
        return int(container.wait(timeout=600)["StatusCode"])
    finally:
        container.remove(force=True)


@pytest.mark.parametrize("network", ["bridge", "host"])
def test_a_job_in_a_container_of_the_engine(
    network: str, new_name: Callable[[], str], tmp_path: Path, engine: docker.DockerClient
) -> None:
    """With a network of its own it is told at once, before anything is made; with the host's it works."""
    name, log = new_name(), tmp_path / "said"
    command = f"{COMMAND[0]} up {name} 2>{log} && {COMMAND[0]} down {name} 2>>{log}"
    status = job(engine, command, network)
    said = " ".join(log.read_text().split())
    if network == "host":
        assert status == 0, said
    else:
        assert status == 8, said
        assert "with a network of its own" in said
        assert "Give the container the host's network (`docker run --network host`)" in said
        assert "up: " not in said
    assert inspect_run(name).empty
