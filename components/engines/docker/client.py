"""A connection to the engine that Pulumi's provider works on, or, while servers run, the one of DOCKER_HOST."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import docker


@contextmanager
def connected() -> "Iterator[docker.DockerClient]":
    """Give a client of the engine.

    Raises:
        docker.errors.DockerException: It cannot be reached.
    """
    import docker  # noqa: PLC0415 - slow to import, and only needed where the engine is asked

    client = docker.from_env()
    try:
        yield client
    finally:
        client.close()
