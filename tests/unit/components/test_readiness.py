import socket
import threading
from collections.abc import Iterator

import pytest

from components import readiness


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def answer(server: socket.socket, reply: bytes) -> tuple[str, int]:
    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[0], server.getsockname()[1]


@pytest.mark.parametrize(("reply", "expected"), [(b"N", True), (b"S", True), (b"E", False), (b"", False)])
def test_a_database_answers_an_ssl_request(server: socket.socket, reply: bytes, expected: bool) -> None:
    assert readiness.database_answers(*answer(server, reply)) is expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", False),
        (b"not http", False),
        (b"", False),
    ],
)
def test_a_broker_is_ready_when_unsealed(server: socket.socket, reply: bytes, expected: bool) -> None:
    assert readiness.broker_answers(*answer(server, reply)) is expected


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert not readiness.database_answers("127.0.0.1", port)
    assert not readiness.broker_answers("127.0.0.1", port)


def test_waiting_ends_at_the_limit_with_the_containers_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK", 0.01)
    monkeypatch.setattr(readiness, "last_words", lambda container: (False, f"{container}: hm"))
    with pytest.raises(TimeoutError, match=r"The database did not answer within 0 s[\s\S]*x-database: hm"):
        readiness.wait_until(lambda: False, "database", "x-database", limit=0.1)


def test_waiting_ends_at_once_with_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK", 0.01)
    monkeypatch.setattr(readiness, "last_words", lambda _: (True, "no disk"))
    with pytest.raises(TimeoutError, match=r"The broker ended before it answered[\s\S]*no disk"):
        readiness.wait_until(lambda: False, "broker", "x-broker", limit=60)
