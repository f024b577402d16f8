"""A container's log, followed through what can break."""

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import docker
import docker.errors
import pytest

from leasehold.denials import streams
from leasehold.denials.frames import open_log, payloads
from leasehold.denials.streams import Follower, _entries, _lines

PIECE = 16 * 1024


def stamp(number: int) -> bytes:
    return b"2026-11-24T18:18:07.%09dZ" % number


def line(number: int, text: bytes) -> bytes:
    return stamp(number) + b" " + text + b"\n"


class Engine:
    """Gives one stream a call, and then none."""

    def __init__(self, *streams: Any) -> None:
        self.streams, self.since = list(streams), list[float]()
        self.over = threading.Event()

    @property
    def containers(self) -> "Engine":
        return self

    def get(self, _name: str) -> "Engine":
        if not self.streams:
            self.over.set()
            raise docker.errors.NotFound("gone")
        return self

    def logs(self, *, since: float, **_: Any) -> Iterator[bytes]:
        self.since.append(since)
        stream = self.streams.pop(0)
        if isinstance(stream, Exception):
            raise stream
        return self._stream(stream)

    @staticmethod
    def _stream(chunks: list[Any]) -> Iterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


Follow = Callable[..., tuple[list[str], Engine, Follower]]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    def followed(*chunks: Any, since: float = 0.0) -> tuple[list[str], Engine, Follower]:
        engine, taken = Engine(*chunks), list[str]()

        @contextmanager
        def connected() -> Iterator[Engine]:
            yield engine

        monkeypatch.setattr(streams, "PAUSE", 0.001)
        monkeypatch.setattr("leasehold.engine.connected", connected)
        monkeypatch.setattr(streams, "open_log", lambda client, name, since: client.get(name).logs(since=since))
        follower = Follower("leasehold-t-database", since, taken.append)
        assert engine.over.wait(5)
        follower.close()
        return taken, engine, follower

    return followed


def test_frames_are_taken_apart_however_they_are_cut() -> None:
    words = [b"one\n", b"", b"x" * 70_000, b"two\n"]
    whole = b"".join(struct.pack(">BxxxI", 1 + number % 2, len(word)) + word for number, word in enumerate(words))
    for size in (1, 5, 8, 9, 1000, len(whole)):
        chunks = [whole[place : place + size] for place in range(0, len(whole), size)]
        assert b"".join(payloads(iter(chunks))) == b"".join(words)


@pytest.mark.parametrize(("since", "asked"), [(7.0, 7), (7.4, 7), (7.9, 7)])
def test_a_log_is_read_from_the_second_on_in_which_a_session_begins(since: float, asked: int) -> None:
    asking: list[dict[str, Any]] = []

    def get(path: str, params: dict[str, Any], **_: Any) -> Any:
        asking.append(params)
        return SimpleNamespace(status_code=200, raise_for_status=lambda: None, iter_content=lambda chunk_size: iter([]))

    api = SimpleNamespace(base_url="http+docker://x", api_version="1.41", get=get)
    open_log(cast(docker.DockerClient, SimpleNamespace(api=api)), "leasehold-t-database", since)
    assert [params["since"] for params in asking] == [asked]


def test_lines_come_whole_however_they_are_cut() -> None:
    whole = b"".join(line(number, b"text %d" % number) for number in range(20))
    for size in (1, 2, 7, 50, len(whole)):
        chunks = [whole[place : place + size] for place in range(0, len(whole), size)]
        assert list(_lines(iter(chunks))) == whole.rstrip(b"\n").split(b"\n")


def test_a_line_without_an_end_is_cut_off() -> None:
    assert list(_lines(iter([b"a\nb"]))) == [b"a"]
    assert list(_lines(iter([b""]))) == []


def test_pieces_of_a_long_line_are_joined() -> None:
    first, second, third = b"x" * PIECE, b"y" * PIECE, b"z" * 10
    cut = stamp(1) + b" " + first + stamp(2) + b" " + second + line(3, third)
    assert list(_entries(iter([cut]))) == [(stamp(1), first + second + third)]


def test_what_a_container_began_before_it_ended_is_a_line_of_its_own() -> None:
    assert list(_entries(iter([stamp(1) + b" began" + line(2, b"again")]))) == [
        (stamp(1), b"began"),
        (stamp(2), b"again"),
    ]


def test_lines_without_a_stamp_and_empty_ones() -> None:
    assert list(_entries(iter([b"bare\n", line(1, b""), b"\n"]))) == [(b"", b"bare"), (stamp(1), b""), (b"", b"")]


def test_a_stream_that_breaks_is_taken_up_where_it_broke(follow: Follow) -> None:
    lines = [line(number, b"line %d" % number) for number in range(5)]
    taken, engine, follower = follow(
        [lines[0], lines[1], ConnectionError("broken")],
        lines[:3],
        [*lines[:4], lines[4][:-5]],  # cut off in the middle
        lines,
    )
    assert taken == [f"line {number}" for number in range(5)]
    assert engine.since == [1.0, *[1795544287.0] * 3]
    assert follower.faults == ["the log of leasehold-t-database broke off (ConnectionError)"]


def test_lines_of_one_stream_that_have_the_same_stamp(follow: Follow) -> None:
    taken, _, _ = follow([line(7, b"a"), line(7, b"b"), line(8, b"c")], [line(8, b"c"), line(9, b"d")])
    assert taken == ["a", "b", "c", "d"]


def test_an_engine_that_does_not_answer_is_told_once(follow: Follow) -> None:
    taken, _, follower = follow(*[OSError("refused")] * 5, [line(1, b"a")])
    assert (taken, len(follower.faults)) == (["a"], 1)


def test_what_is_no_text_is_read_all_the_same(follow: Follow) -> None:
    assert follow([line(1, b"\xff\xfe x")])[0] == ["\ufffd\ufffd x"]


def test_a_reader_that_stumbles_over_a_line_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, taken = (
        Engine([line(1, b"a"), line(2, b"bad"), line(3, b"c")], [line(n, b"abc"[n - 1 : n]) for n in (1, 2, 3)]),
        [],
    )

    @contextmanager
    def connected() -> Iterator[Engine]:
        yield engine

    def take(text: str) -> None:
        if text == "bad":
            raise ValueError
        taken.append(text)

    monkeypatch.setattr(streams, "PAUSE", 0.001)
    monkeypatch.setattr("leasehold.engine.connected", connected)
    monkeypatch.setattr(streams, "open_log", lambda client, name, since: client.get(name).logs(since=since))
    follower = Follower("x", 0.0, take)
    assert engine.over.wait(5)
    follower.close()
    assert (taken, len(follower.faults)) == (["a", "c"], 1)
