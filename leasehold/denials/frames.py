"""A container's log as the engine sends it: frames, several at once when much is written."""

import struct
from collections.abc import Iterator

import docker
import docker.errors
import requests
from docker.types import CancellableStream

LIMIT = 10
"""How long the engine may take to answer, in seconds; the answer itself has no end."""

_HEADER = struct.Struct(">4xI")


def open_log(client: docker.DockerClient, container: str, since: float) -> "CancellableStream[bytes]":
    """Follow a container's log, with stamps; yields pieces of it as they come.

    The library's own stream reads twice for each line; here a piece is whatever has come.

    Args:
        client: Of the engine.
        container: The container's name.
        since: From when on, in seconds since the epoch.

    Raises:
        docker.errors.NotFound: There is no such container.
        requests.RequestException: The engine refused, or did not answer.
    """
    api = client.api
    asked: dict[str, int | str] = {"follow": 1, "stdout": 1, "stderr": 1, "timestamps": 1, "since": int(since)}
    path = f"{api.base_url}/v{api.api_version}/containers/{container}/logs"
    answer = api.get(path, params=asked, stream=True, timeout=(LIMIT, None))
    if answer.status_code == requests.codes.not_found:
        raise docker.errors.NotFound(f"no container {container}")
    answer.raise_for_status()
    # This one can be closed while somebody waits for more of it.
    return CancellableStream(payloads(answer.iter_content(chunk_size=None)), answer)


def payloads(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Take frames apart: the stream's number and three zeros, four bytes of length, and so many of payload.

    Docker Engine API, "Attach to a container", Stream format.
    """
    buffered = b""
    for chunk in chunks:
        buffered += chunk
        found, at = [], 0
        while len(buffered) >= at + _HEADER.size:
            (length,) = _HEADER.unpack_from(buffered, at)
            end = at + _HEADER.size + length
            if len(buffered) < end:
                break
            found.append(buffered[at + _HEADER.size : end])
            at = end
        buffered = buffered[at:]
        yield b"".join(found)
