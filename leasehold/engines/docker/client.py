"""A connection to a Docker-compatible engine: the one that the docker command reaches from the same shell."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import docker.errors
import requests
from docker.context import Context, ContextAPI
from docker.context.config import get_current_context_name

from ...errors import EngineError, within

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
    where()
    try:
        client = docker.from_env()
        client.ping()
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
    return os.environ.get("DOCKER_HOST") or str(_context().Host)


def variables() -> dict[str, str]:
    """Return environment variables by which another program reaches the same engine.

    Pulumi's provider puts DOCKER_CONTEXT before DOCKER_HOST, where the docker command has it the other way round; and
    it knows no context but those of the home folder that need no certificate.

    Raises:
        EngineError: There is no such context.
    """
    if os.environ.get("DOCKER_HOST"):
        return {"DOCKER_CONTEXT": ""}
    context = _context()
    found = {"DOCKER_CONTEXT": "", "DOCKER_HOST": str(context.Host)}
    certificate = context.TLSConfig and context.TLSConfig.cert
    if certificate:
        found |= {"DOCKER_CERT_PATH": str(Path(certificate[0]).parent), "DOCKER_TLS_VERIFY": "1"}
    return found


def _context() -> Context:
    name = os.environ.get("DOCKER_CONTEXT") or get_current_context_name()
    context = ContextAPI.get_context(name)
    if context is None:
        raise EngineError(
            f"There is no Docker context {name!r}. Choose one that `docker context ls` shows (`docker context use "
            "NAME`, or DOCKER_CONTEXT), or name the engine in DOCKER_HOST."
        )
    return context


def _unreachable(error: BaseException) -> str:
    """Return why the engine does not answer, in the system's own words where it has some, and what to do."""
    system = next((one for one in within(error) if isinstance(one, OSError) and one.strerror), None)
    if isinstance(system, PermissionError):
        return f"The Docker Engine does not answer: this user may not use its socket. {NOT_FOR_THIS_USER}"
    return (
        f"The Docker Engine does not answer ({system.strerror if system else error}). A run's network, database and "
        f"broker are its containers. Start it {BY_HOW}"
    )
