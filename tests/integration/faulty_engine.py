"""A Docker Engine that fails when it is told to: the real one behind a socket that answers for it."""

import json
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ENGINE = "/var/run/docker.sock"
_HEAD = re.compile(rb"^(POST|PUT|DELETE) (?:/v[\d.]+)?(/[^ ?]*)", re.MULTILINE)

Fails = Callable[[str, str], str | None]
"""Takes method and path of a request that changes something; returns the error to answer with, if any."""


@contextmanager
def faulty_engine(folder: Path, fails: Fails) -> Iterator[str]:
    """Give the DOCKER_HOST of an engine that fails as told, and otherwise does as asked."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as engine:
                engine.connect(ENGINE)
                back = threading.Thread(target=_copy, args=(engine, self.request), daemon=True)
                back.start()
                while asked := self.request.recv(65536):
                    request = _HEAD.match(asked)
                    if request and (said := fails(request[1].decode(), request[2].decode())):
                        self.request.sendall(_refusal(said))
                        self.request.shutdown(socket.SHUT_WR)
                        while self.request.recv(65536):
                            pass  # whoever asks may not have said it all yet
                        return
                    engine.sendall(asked)

    path = folder / "docker.sock"
    with _Server(str(path), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128  # clients of a Unix socket whose queue is full are turned away at once


def _refusal(said: str) -> bytes:
    body = json.dumps({"message": said}).encode()
    head = "HTTP/1.1 500 Internal Server Error", "Content-Type: application/json", f"Content-Length: {len(body)}"
    return "\r\n".join([*head, "Connection: close", "", ""]).encode() + body


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side has gone
