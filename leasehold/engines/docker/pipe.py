"""A command in a running container, and its standard input and output."""

import struct
from collections.abc import Sequence
from contextlib import suppress

import docker
import docker.errors
import requests

from ...errors import EngineError
from . import execs
from .client import connected

_HEADER = struct.Struct(">BxxxI")
_STANDARD_OUTPUT = 1
_PIECE = 64 * 1024


class ExecPipe:
    """A command that runs in a container, its standard input and output; it ends when the pipe is closed."""

    def __init__(self, container: str, command: Sequence[str]) -> None:
        """Start the command, as the container's own user. It has to be silent until it is sent something.

        Raises:
            EngineError: The engine cannot be reached, or there is no such container, or it is not running.
        """
        self._opened = connected()
        self._engine = self._opened.__enter__()
        self._buffered = b""
        try:
            # The connection is closed when the last reference to its stream is gone.
            self._stream, self._socket = execs.start(self._engine.api, container, command)
        except (docker.errors.DockerException, requests.RequestException) as error:
            self._opened.__exit__(None, None, None)
            raise EngineError(f"Nothing can be run in container {container} ({error}).") from None

    def send(self, data: bytes) -> None:
        """Send something to the command.

        Raises:
            OSError: It has ended.
        """
        self._socket.sendall(data)

    def receive(self, patience: float) -> bytes:
        """Return what the command has written; empty if it has ended.

        Args:
            patience: How long to wait for something, in seconds.

        Raises:
            TimeoutError: It has written nothing in that time.
            OSError: The connection broke.
        """
        self._socket.settimeout(patience)
        while True:
            written, taken = self._frames()
            if taken:
                return written
            piece = self._socket.recv(_PIECE)
            if not piece and self._buffered:
                raise ConnectionError("the connection was closed in the midst of something")
            if not piece:
                return b""
            self._buffered += piece

    def close(self) -> None:
        """Have the command end."""
        for close in (self._socket.close, self._stream.close):
            with suppress(OSError):
                close()
        self._opened.__exit__(None, None, None)

    def _frames(self) -> tuple[bytes, bool]:
        """Take whole frames: a stream's number and three zeros, four bytes of length, and so many of payload.

        Docker Engine API, "Attach to a container", Stream format.
        """
        written, at = [], 0
        while len(self._buffered) >= at + _HEADER.size:
            stream, length = _HEADER.unpack_from(self._buffered, at)
            end = at + _HEADER.size + length
            if len(self._buffered) < end:
                break
            if stream == _STANDARD_OUTPUT:
                written.append(self._buffered[at + _HEADER.size : end])
            at = end
        self._buffered = self._buffered[at:]
        return b"".join(written), bool(written)
