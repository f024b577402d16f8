"""A connection to a Docker-compatible engine: the one that the docker command reaches from the same shell."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker
import docker.errors
import requests

from ...errors import EngineError, within
from .endpoint import Endpoint, EndpointError, endpoint

NOT_FOR_THIS_USER = (
    "Join the group that may (`sudo usermod -aG docker $USER`, then log in again), or point DOCKER_HOST at an engine "
    "of your own."
)
"""What to do where the engine's socket is not for this user."""

BY_HOW = "(`sudo systemctl start docker`), or point DOCKER_HOST at one."
"""How an engine is started, or another found; follows "start it"."""


@contextmanager
def connected() -> Iterator[docker.DockerClient]:
    """Give a client of the engine.

    Raises:
        EngineError: It cannot be reached, or fails at what it is asked in the block.
    """
    try:
        client = _endpoint().client()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise EngineError(_unreachable(error)) from None
    try:
        yield client
    except (docker.errors.APIError, requests.RequestException) as error:
        raise EngineError(
            f"The Docker Engine did not do as it was asked ({error}). Try again; if it stays so, its own log tells "
            "more (`journalctl --unit docker`)."
        ) from None
    finally:
        client.close()


def where() -> str:
    """Return the engine's address: DOCKER_HOST, or that of the docker command's current context.

    Raises:
        EngineError: There is no such context.
    """
    return _endpoint().host


def variables() -> dict[str, str]:
    """Return environment variables by which another program reaches the same engine.

    Raises:
        EngineError: There is no such context.
    """
    return _endpoint().variables()


def _endpoint() -> Endpoint:
    try:
        return endpoint()
    except EndpointError as error:
        raise EngineError(str(error)) from None


def _unreachable(error: BaseException) -> str:
    """Return why the engine does not answer, in the system's own words where it has some, and what to do."""
    system = next((one for one in within(error) if isinstance(one, OSError) and one.strerror), None)
    if isinstance(system, PermissionError):
        return f"The Docker Engine does not answer: this user may not use its socket. {NOT_FOR_THIS_USER}"
    cause = "no answer in time" if isinstance(error, requests.Timeout) else system.strerror if system else error
    return (
        f"The Docker Engine does not answer ({cause}). A run's network, database and "
        f"broker are its containers. Start it {BY_HOW}"
    )
