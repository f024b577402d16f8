"""A connection to the engine that the user's shell means, on which Pulumi's provider works."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from leasehold.engines.docker.endpoint import Endpoint, EndpointError, endpoint
from leasehold.engines.docker.kind import is_podman
from leasehold.engines.docker.reach import HERE, Reach, decide, reach

from ...declared.errors import DeclarationError

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


def podman() -> bool:
    """Return whether the engine is Podman, whose networks and logs are declared otherwise; False if it cannot be asked,
    for nor could anything be made on it."""
    import docker.errors  # noqa: PLC0415 - slow to import

    try:
        return _is_podman(endpoint())
    except (docker.errors.DockerException, OSError):
        return False


@cache
def _is_podman(asked: Endpoint) -> bool:
    with closing(asked.client()) as client:
        return is_podman(client.version())


def reached() -> Reach:
    """Return where ports are published and reached: on the engine's host itself where the engine cannot be asked, for
    nor could anything be made on it.

    Raises:
        DeclarationError: Nothing that is published could be reached from here; says what to do.
    """
    import docker.errors  # noqa: PLC0415 - slow to import

    try:
        return reach()
    except EndpointError as error:
        raise DeclarationError(str(error)) from None
    except (docker.errors.DockerException, OSError):
        return decide(HERE, {})
