import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pytest

from components.certificates.authority import Authority, server_identity
from components.engines.docker import engine
from components.engines.docker.engine import DockerEngine
from components.gateway import readiness
from leasehold.engines.docker import answers


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers here is a thread of the same process, which may be slow; it always does."""
    monkeypatch.setattr(readiness, "CONNECTS", None)
    monkeypatch.setattr(readiness, "ANSWERS", None)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    identity = server_identity(Authority("seed", "run", made=1_600_000_000, until=4_100_000_000), "broker")
    file = tmp_path / "broker.pem"
    file.write_text(identity.certificate + identity.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


def answer(server: socket.socket, reply: bytes, tls: ssl.SSLContext | None = None) -> "Future[bytes]":
    """Answer the first client; return what it sends."""
    heard: Future[bytes] = Future()

    def serve() -> None:
        accepted, _ = server.accept()
        try:
            with tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
                heard.set_result(connection.recv(1024))
                connection.sendall(reply)
        except OSError as error:
            if not heard.done():
                heard.set_exception(error)

    threading.Thread(target=serve, daemon=True).start()
    return heard


def address(server: socket.socket) -> tuple[str, int]:
    return server.getsockname()[0], server.getsockname()[1]


@pytest.mark.parametrize(("reply", "expected"), [(b"S", True), (b"N", False), (b"E", False), (b"", False)])
def test_a_database_answers_an_ssl_request(server: socket.socket, reply: bytes, expected: bool) -> None:
    heard = answer(server, reply)
    assert readiness.database_answers(*address(server)) is expected
    assert heard.result() == bytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]), "the SSLRequest of PostgreSQL's manual, 54.7"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", False),
        (b"not http", False),
        (b"", False),
    ],
)
def test_a_broker_is_ready_when_unsealed(
    server: socket.socket, tls: ssl.SSLContext, reply: bytes, expected: bool
) -> None:
    heard = answer(server, reply, tls)
    assert readiness.broker_answers(*address(server)) is expected
    assert heard.result().startswith(b"GET /v1/sys/health HTTP/1.1\r\n")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert not readiness.database_answers("127.0.0.1", port)
    assert not readiness.broker_answers("127.0.0.1", port)


def test_waiting_ends_at_the_limit_with_the_containers_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK", 0.01)
    monkeypatch.setattr(DockerEngine, "last_words", lambda engine, server: (False, f"{server}: hm"))
    with pytest.raises(TimeoutError, match=r"The database did not answer within 0 s[\s\S]*x-database: hm"):
        readiness.wait_until(lambda: False, "database", "x-database", limit=0.1)


def test_waiting_ends_at_once_with_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK", 0.01)
    monkeypatch.setattr(DockerEngine, "last_words", lambda *_: (True, "no disk"))
    with pytest.raises(TimeoutError, match=r"The broker ended before it answered[\s\S]*no disk"):
        readiness.wait_until(lambda: False, "broker", "x-broker", limit=60)


@pytest.mark.parametrize(("listens", "published"), [(True, False), (False, False), (True, True)])
def test_a_gateway_that_cannot_be_reached_from_here(
    monkeypatch: pytest.MonkeyPatch, server: socket.socket, listens: bool, published: bool
) -> None:
    """Where it listens and nothing does here, no answer can ever come; in the other cases one may."""
    monkeypatch.setattr(readiness, "LOOK", 0.01)
    monkeypatch.setattr(engine, "GRACE", 0.01)
    monkeypatch.setattr(DockerEngine, "last_words", lambda *_: (False, ""))
    monkeypatch.setattr(DockerEngine, "listens", lambda *_: listens)
    port = address(server)[1]
    if not published:
        server.close()
    hopeless = DockerEngine().out_of_reach
    said = r"nothing does at .* here.*--network host" if listens and not published else "did not answer within"
    with pytest.raises(TimeoutError, match=said):
        readiness.wait_until(
            lambda: False, "database", "x", limit=0.1, hopeless=partial(hopeless, "g", 5432, "127.0.0.1", port)
        )


def test_loopback_is_given_time_and_another_address_none(
    monkeypatch: pytest.MonkeyPatch, server: socket.socket
) -> None:
    """An engine in a virtual machine forwards to loopback alone, and may take a while."""
    monkeypatch.setattr(DockerEngine, "listens", lambda *_: True)
    monkeypatch.setenv("LEASEHOLD_GATEWAY", "127.0.0.2")
    port = address(server)[1]
    server.close()
    assert not DockerEngine().out_of_reach("g", 5432, "127.0.0.1", port, 1.0)
    monkeypatch.setattr(engine, "is_loopback", lambda host: host == "127.0.0.1")
    monkeypatch.setattr(answers, "is_loopback", lambda host: host == "127.0.0.1")
    said = DockerEngine().out_of_reach("g", 5432, "127.0.0.2", port, 1.0)
    assert said.startswith(f"The gateway listens, and nothing here reaches it at 127.0.0.2:{port} (Connection refused)")
    assert "LEASEHOLD_PUBLISH names the one on which they are published" in said


def test_a_start_script_that_says_why_has_the_word_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "LOOK", 0.01)
    monkeypatch.setattr(DockerEngine, "last_words", lambda *_: (True, "noise\nleasehold: The disk is gone.\nmore"))
    with pytest.raises(TimeoutError) as caught:
        readiness.wait_until(lambda: False, "database", "x-database", limit=60)
    assert str(caught.value) == "The database did not start. The disk is gone."
