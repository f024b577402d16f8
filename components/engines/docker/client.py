"""A connection to the engine that the user's shell means, on which Pulumi's provider works."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from leasehold.engines.docker.endpoint import endpoint

if TYPE_CHECKING:
    import docker


@contextmanager
def connected() -> "Iterator[docker.DockerClient]":
    """Give a client of the engine.

    Raises:
        EndpointError: The shell names none that there is.
        docker.errors.DockerException: It cannot be reached.
        requests.RequestException: It cannot be reached.
    """
    client = endpoint().client()
    try:
        yield client
    finally:
        client.close()
