"""One connection to a port of a Pod's, over a WebSocket: what goes there is put into frames, what comes is taken out.

The Pod's side sends on two channels, data and errors, and begins each with the port's number (Kubernetes,
`v4.channel.k8s.io`). Neither side can end its sending alone: once one has closed, and all is passed on, both are.
"""

import select
import ssl
from collections.abc import Iterator
from contextlib import suppress
from socket import socket
from typing import Any

import websocket
from kubernetes.stream.ws_client import create_websocket, get_websocket_url
from websocket import ABNF

from ...errors import EngineError
from .advice import explained
from .api import Api, status_of

FULL = 1 << 20
"""So much is taken of one side at most before the other has taken it, in bytes."""

_PIECE = 64 * 1024
_PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_CONTROL = 0x8  # from here on, opcodes are the connection's own (RFC 6455, 5.5)
_SHORT, _LONG = 126, 127  # lengths that say that two, or eight, bytes of length follow (RFC 6455, 5.2)


def opened(api: Api, pod: tuple[str, str], port: int) -> Any:
    """Return a WebSocket to a port of a Pod's.

    Args:
        api: The cluster.
        pod: Namespace and name.
        port: The Pod's own.

    Raises:
        EngineError: The cluster cannot be reached, or refuses.
    """
    path = f"/api/v1/namespaces/{pod[0]}/pods/{pod[1]}/portforward"
    headers = {**api.headers(), "sec-websocket-protocol": _PROTOCOL}
    try:
        url = get_websocket_url(f"{api.where}{path}", [("ports", port)])
        return create_websocket(api.configuration, url, headers)
    except websocket.WebSocketBadStatusException as error:
        raise EngineError(explained("GET", path, error.status_code, status_of(error.resp_body))) from None
    except (websocket.WebSocketException, OSError) as error:
        raise EngineError(f"Port {port} of Pod {pod[1]} cannot be forwarded ({error}).") from None


def carry(local: socket, remote: socket) -> None:
    """Pass on what either side sends, as fast as the other takes it, until one has closed.

    Args:
        local: A connection of this machine's.
        remote: That of an opened WebSocket.

    Raises:
        ConnectionError: The Pod's side tells of an error.
        OSError: A connection broke.
    """
    local.setblocking(False)
    remote.setblocking(False)
    to_local, to_remote, frames = bytearray(), bytearray(), Frames()
    local_open = remote_open = True
    while (local_open or to_remote) and (remote_open or to_local):
        readable = [local] * (local_open and len(to_remote) < FULL) + [remote] * (remote_open and len(to_local) < FULL)
        writable = [local] * bool(to_local) + [remote] * bool(to_remote)
        held = remote in readable and isinstance(remote, ssl.SSLSocket) and remote.pending() > 0
        ready, takes, _ = select.select(readable, writable, [], 0 if held else None)
        if local in ready and (sent := _received(local)) is not None:
            local_open = bool(sent)
            to_remote += _framed(bytes([_DATA]) + sent) if sent else b""
        if (remote in ready or held) and (sent := _received(remote)) is not None:
            remote_open = bool(sent)
            for data, answer, closes in frames.take(sent):
                to_local += data
                to_remote += answer
                remote_open = remote_open and not closes
        if local in takes:
            _pass(local, to_local)
        if remote in takes:
            _pass(remote, to_remote)


class Frames:
    """Takes what a Pod's side sends out of its frames."""

    def __init__(self) -> None:
        self._left, self._begun, self._channel = bytearray(), set[int](), _DATA

    def take(self, sent: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
        """Yield, for each frame that is whole: data, what is to be answered, and whether it closes the connection.

        Raises:
            ConnectionError: It tells of an error.
        """
        self._left += sent
        while (found := self._next()) is not None:
            opcode, payload = found
            if opcode >= _CONTROL:
                answer = _framed(payload, ABNF.OPCODE_PONG) if opcode == ABNF.OPCODE_PING else b""
                yield b"", answer, opcode == ABNF.OPCODE_CLOSE
                continue
            if opcode != ABNF.OPCODE_CONT:
                self._channel, payload = payload[0], payload[1:]
                if self._channel not in self._begun:  # it begins with the port's number
                    self._begun.add(self._channel)
                    continue
            if self._channel == _ERROR and payload:
                raise ConnectionError(payload.decode(errors="replace").strip())
            yield payload, b"", False

    def _next(self) -> tuple[int, bytes] | None:
        """Return the opcode and the payload of a frame that is whole (RFC 6455, 5.2); a server masks none."""
        left, at = self._left, 2
        if len(left) < at:
            return None
        length = left[1] & 0x7F
        if length in (_SHORT, _LONG):
            at += 2 if length == _SHORT else 8
            length = int.from_bytes(left[2:at])
        if len(left) < at + length:
            return None
        opcode, payload = left[0] & 0x0F, bytes(left[at : at + length])
        del left[: at + length]
        return opcode, payload


def _framed(payload: bytes, opcode: int = ABNF.OPCODE_BINARY) -> bytes:
    return bytes(ABNF.create_frame(payload, opcode).format())


def _received(side: socket) -> bytes | None:
    """Return what a side has sent; empty if it has closed, None if it has sent nothing yet."""
    try:
        return side.recv(_PIECE)
    except _LATER:
        return None


def _pass(side: socket, data: bytearray) -> None:
    """Send as much to a side as it takes now."""
    with suppress(*_LATER):
        del data[: side.send(data[:_PIECE])]
