"""A connection to a Docker-compatible engine: the one that the docker command reaches from the same shell."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker
import docker.errors
import requests

from ...errors import EngineError, within
from .endpoint import Endpoint, EndpointError, endpoint
from .reach import Reach, reach
from .ssh import mend

NOT_FOR_THIS_USER = (
    "Join the group that may (`sudo usermod -aG docker $USER`, then log in again), or point DOCKER_HOST at an engine "
    "of your own."
)
"""What to do where the engine's socket is not for this user."""

CHOSEN_BY = "DOCKER_HOST, DOCKER_CONTEXT or `docker context use`"
"""How a user chooses an engine."""

BY_HOW = "(`sudo systemctl start docker`), or point DOCKER_HOST at one."
"""How an engine is started, or another found; follows "start it"."""


@contextmanager
def connected() -> Iterator[docker.DockerClient]:
    """Give a client of the engine.

    Raises:
        EngineError: It cannot be reached, or fails at what it is asked in the block.
    """
    with _answering():
        client = endpoint().client()
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


def found() -> Reach:
    """Return where ports are published and reached.

    Raises:
        EngineError: Nothing that is published could be reached from here, or the engine does not answer.
    """
    with _answering():
        return reach()


@contextmanager
def _answering() -> Iterator[None]:
    """Have it said in one sentence that the engine does not answer in a block, and why."""
    try:
        yield
    except EndpointError as error:
        raise EngineError(str(error)) from None
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise EngineError(_unreachable(error, _endpoint())) from None


def _endpoint() -> Endpoint:
    try:
        return endpoint()
    except EndpointError as error:
        raise EngineError(str(error)) from None


def _unreachable(error: BaseException, found: Endpoint) -> str:
    """Return why the engine does not answer, in the system's own words where it has some, and what to do."""
    system = next((one for one in within(error) if isinstance(one, OSError) and one.strerror), None)
    if isinstance(system, PermissionError):
        return f"The Docker Engine does not answer: this user may not use its socket. {NOT_FOR_THIS_USER}"
    cause = "no answer in time" if isinstance(error, requests.Timeout) else system.strerror if system else error
    if not found.is_here:
        advice = mend(found.host, str(cause)) if found.is_ssh else ""
        return (
            f"The Docker Engine at {found.host} does not answer ({cause}). A run's network, database and broker are "
            f"its containers. {advice or f'Start it there, or choose another ({CHOSEN_BY}).'}"
        )
    return (
        f"The Docker Engine does not answer ({cause}). A run's network, database and "
        f"broker are its containers. Start it {BY_HOW}"
    )
