"""A command in a running container, over a WebSocket: standard input, output and error, and how it ended.

Each message begins with the number of its stream (Kubernetes, `v4.channel.k8s.io`): of input there is no end but that
of the connection, so what reads it has to be told where it ends.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import websocket
from kubernetes.stream.ws_client import create_websocket, get_websocket_url

from ...errors import EngineError
from .advice import explained
from .api import Api, NotThereError, connect, status_of
from .names import SERVER, namespace_of

INPUT, OUTPUT, ERROR, STATUS = range(4)
_PIECE = 64 * 1024
_NOT_FOUND = 404
_PROTOCOL = "v4.channel.k8s.io"


class Exec:
    """A command that runs; it loses its input when it is closed."""

    def __init__(
        self, api: Api, pod: tuple[str, str], command: Sequence[str], *, container: str = SERVER, errors: bool = True
    ) -> None:
        """Start it.

        Args:
            api: The cluster.
            pod: Namespace and name.
            command: Program and arguments.
            container: Which of the Pod's containers.
            errors: Whether standard error is passed on.

        Raises:
            NotThereError: There is no such Pod.
            EngineError: It could not be started.
        """
        path = f"/api/v1/namespaces/{pod[0]}/pods/{pod[1]}/exec"
        flags = {"stdin": True, "stdout": True, "stderr": errors, "tty": False}
        query = [("command", word) for word in command]
        query += [("container", container), *((name, str(on).lower()) for name, on in flags.items())]
        headers = {**api.headers(), "sec-websocket-protocol": _PROTOCOL}
        try:
            url = get_websocket_url(f"{api.where}{path}", query)
            self._socket: Any = create_websocket(api.configuration, url, headers)
        except websocket.WebSocketBadStatusException as error:
            told = status_of(error.resp_body)
            kind = NotThereError if error.status_code == _NOT_FOUND else EngineError
            raise kind(explained("GET", path, error.status_code, told)) from None
        except (websocket.WebSocketException, OSError) as error:
            raise EngineError(f"Nothing can be run in Pod {pod[1]} ({error}).") from None
        self.status: int | None = None

    def send(self, data: bytes) -> None:
        """Send something to its standard input.

        Raises:
            OSError: It has ended.
        """
        try:
            for at in range(0, len(data), _PIECE):
                self._socket.send_binary(bytes([INPUT]) + data[at : at + _PIECE])
        except websocket.WebSocketException as error:
            raise BrokenPipeError(str(error)) from None

    def receive(self, patience: float | None) -> tuple[int, bytes] | None:
        """Return what it has written next, and on which stream; None once it has ended.

        Args:
            patience: How long to wait for something, in seconds; for ever when None.

        Raises:
            TimeoutError: It has written nothing in that time.
            OSError: The connection broke.
        """
        self._socket.settimeout(patience)
        while self.status is None:
            try:
                kind, frame = self._socket.recv_data_frame(control_frame=True)
            except websocket.WebSocketTimeoutException:
                raise TimeoutError("nothing was written") from None
            except websocket.WebSocketException as error:
                raise ConnectionError(str(error)) from None
            if kind == websocket.ABNF.OPCODE_CLOSE:
                raise ConnectionError("the connection was closed before the command had ended")
            if kind not in (websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_TEXT) or not frame.data[1:]:
                continue
            stream, data = frame.data[0], bytes(frame.data[1:])
            if stream != STATUS:
                return stream, data
            self.status = _exit_status(data)
        return None

    def close(self) -> None:
        """Have it lose its input, and the connection end."""
        with suppress(websocket.WebSocketException, OSError):
            self._socket.shutdown()


class ExecPipe:
    """See `protocol.Pipe`."""

    def __init__(self, server: str, command: Sequence[str]) -> None:
        """Start the command in a server. It has to be silent until it is sent something.

        Raises:
            EngineError: There is no such server, or it is not running.
        """
        self._exec = Exec(connect(), (namespace_of(server), server), command, errors=False)

    def send(self, data: bytes) -> None:
        """Send something to the command."""
        self._exec.send(data)

    def receive(self, patience: float) -> bytes:
        """Return what the command has written; empty if it has ended."""
        told = self._exec.receive(patience)
        return told[1] if told else b""

    def close(self) -> None:
        """Have the command end."""
        self._exec.close()


def run(
    api: Api,
    pod: tuple[str, str],
    command: Sequence[str],
    *,
    container: str = SERVER,
    given: bytes = b"",
    patience: float = 60.0,
) -> tuple[int, bytes, bytes]:
    """Run a command in a container to its end; return its exit status, and what it wrote to output and error.

    Args:
        api: The cluster.
        pod: Namespace and name.
        command: Program and arguments.
        container: Which of the Pod's containers.
        given: Its standard input, which it has to know the end of.
        patience: How long it may be silent, in seconds.

    Raises:
        EngineError: It could not be started, was silent for too long, or its connection broke.
    """
    written = {OUTPUT: b"", ERROR: b""}
    started = Exec(api, pod, command, container=container)
    try:
        started.send(given)
        while told := started.receive(patience):
            written[told[0]] = written.get(told[0], b"") + told[1]
    except OSError as error:
        raise EngineError(f"A command in Pod {pod[1]} was cut off ({error}).") from None
    finally:
        started.close()
    return started.status or 0, written[OUTPUT], written[ERROR]


def _exit_status(told: bytes) -> int:
    """Return the exit status in the Status object that ends a command.

    Raises:
        ConnectionError: It was not run, or not to its end.
    """
    status = json.loads(told)
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise ConnectionError(str(status.get("message") or "it was not run"))
