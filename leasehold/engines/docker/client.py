"""A connection to a Docker-compatible engine, the one that DOCKER_HOST names or this host's."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker
import docker.errors
import requests

from ...errors import EngineError


@contextmanager
def connected() -> Iterator[docker.DockerClient]:
    """Give a client of the engine.

    Raises:
        EngineError: It cannot be reached, or fails at what it is asked in the block.
    """
    try:
        client = docker.from_env()
        client.ping()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise EngineError(
            f"The Docker Engine does not answer ({error}). A run's network, database and broker are its containers. "
            "Start it (`sudo systemctl start docker`), or point DOCKER_HOST at one."
        ) from None
    try:
        yield client
    except (docker.errors.APIError, requests.RequestException) as error:
        raise EngineError(
            f"The Docker Engine did not do as it was asked ({error}). Try again; if it stays so, its own log tells "
            "more (`journalctl --unit docker`)."
        ) from None
    finally:
        client.close()
