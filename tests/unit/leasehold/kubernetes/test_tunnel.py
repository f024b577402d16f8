"""A tunnel's frames, and what is passed on through it: all of it, in both directions, and no more than fits."""

import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator

import pytest
from websocket import ABNF

from leasehold.engines.kubernetes.tunnel import FULL, Frames, carry

MUCH = secrets.token_bytes(8 * FULL)


def framed(payload: bytes, opcode: int = ABNF.OPCODE_BINARY, *, last: bool = True) -> bytes:
    """Return a frame as a server sends it: not masked."""
    size = len(payload)
    longer = b"\x7e" + size.to_bytes(2) if size < 1 << 16 else b"\x7f" + size.to_bytes(8)
    length = bytes([size]) if size < 126 else longer
    return bytes([0x80 * last | opcode]) + length + payload


BEGINNINGS = framed(b"\x00\x38\x15") + framed(b"\x01\x38\x15")


def taken(frames: Frames, sent: bytes) -> bytes:
    return b"".join(data for data, _, _ in frames.take(sent))


@pytest.mark.parametrize("size", [1, 125, 126, 65535, 65536, 200_000])
@pytest.mark.parametrize("at_once", [1 << 30, 1000, 7])
def test_frames_of_every_length_are_taken_apart_however_they_arrive(size: int, at_once: int) -> None:
    data = MUCH[:size]
    sent, frames = BEGINNINGS + framed(b"\x00" + data) * 2, Frames()
    assert b"".join(taken(frames, sent[at : at + at_once]) for at in range(0, len(sent), at_once)) == data * 2


def test_a_message_in_several_frames_is_of_one_channel() -> None:
    begun = framed(b"\x00one", last=False)
    assert taken(Frames(), BEGINNINGS + begun + framed(b" two", ABNF.OPCODE_CONT)) == b"one two"


def test_a_ping_is_answered_and_a_close_told() -> None:
    (ping,) = Frames().take(framed(b"there?", ABNF.OPCODE_PING))
    assert ping[1][0] & 0x0F == ABNF.OPCODE_PONG
    assert [closes for _, _, closes in Frames().take(framed(b"", ABNF.OPCODE_CLOSE))] == [True]


def test_an_error_of_the_pods_is_told() -> None:
    with pytest.raises(ConnectionError, match="connection refused"):
        taken(Frames(), BEGINNINGS + framed(b"\x01connection refused"))


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client, and a Pod's side, of connections that are carried."""
    (client, local), (remote, pod) = socket.socketpair(), socket.socketpair()

    def carried() -> None:
        with local, remote, contextlib.suppress(OSError):  # a test may leave with something unread
            carry(local, remote)

    carrying = threading.Thread(target=carried, daemon=True)
    carrying.start()
    pod.sendall(BEGINNINGS)
    with client, pod:
        yield client, pod
    carrying.join()


def payloads(pod: socket.socket) -> bytes:
    """Return all data that reaches a Pod's side until it is closed."""
    told = bytearray()
    while sent := pod.recv(1 << 20):
        told += sent
    data = bytearray()
    while told:
        length, at = told[1] & 0x7F, 2
        if length > 125:
            at += 2 if length == 126 else 8
            length = int.from_bytes(told[2:at])
        mask, masked = told[at : at + 4], told[at + 4 : at + 4 + length]
        plain = int.from_bytes(masked) ^ int.from_bytes((bytes(mask) * (length // 4 + 1))[:length])
        assert told[0] & 0x0F == ABNF.OPCODE_BINARY
        data += plain.to_bytes(length)[1:]
        del told[: at + 4 + length]
    return bytes(data)


def test_much_goes_both_ways_at_once(ends: tuple[socket.socket, socket.socket]) -> None:
    """Each side sends before it reads: neither must have to wait until the other reads."""
    client, pod = ends
    told: list[bytes] = []

    def answer() -> None:
        for at in range(0, len(MUCH), FULL):
            pod.sendall(framed(b"\x00" + MUCH[at : at + FULL]))
        told.append(payloads(pod))

    answering = threading.Thread(target=answer)
    answering.start()
    client.sendall(MUCH[:FULL])
    got = bytearray()
    while len(got) < len(MUCH):
        got += client.recv(1 << 20)
    client.shutdown(socket.SHUT_WR)
    answering.join()
    assert bytes(got) == MUCH
    assert told == [MUCH[:FULL]]


def test_no_more_is_taken_than_the_other_side_takes(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    client, _ = ends
    client.setblocking(False)
    sent = 0
    for _ in range(1000):
        try:
            sent += client.send(MUCH)
        except BlockingIOError:
            threading.Event().wait(0.001)
    assert sent < 4 * FULL  # and not all that was offered: nobody reads at the Pod's side


def test_a_client_that_is_gone_has_sent_all_that_it_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    client, pod = ends
    client.sendall(b"goodbye")
    client.close()
    assert payloads(pod) == b"goodbye"


def test_a_pod_that_closes_has_sent_all_that_it_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    client, pod = ends
    pod.sendall(framed(b"\x00" + MUCH[:FULL]) + framed(b"", ABNF.OPCODE_CLOSE))
    got = bytearray()
    while sent := client.recv(1 << 20):
        got += sent
    assert bytes(got) == MUCH[:FULL]
