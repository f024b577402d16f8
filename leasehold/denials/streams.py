"""A container's log, followed line by line: through rotations of its file, and restarts of the container."""

import calendar
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress

import docker
import docker.errors
import requests
import urllib3.exceptions
from docker.types import CancellableStream

from .. import engine
from .frames import open_log

PAUSE = 0.2
"""Time between two looks for a container that is not there, in seconds."""

IDLE = 0.0005
"""A chunk that took longer to come, in seconds, was not there yet when it was asked for."""

RECENT = 10_000
"""How many lines are known again: an engine may send some twice when it rotates a log's file."""

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ")
_PIECE = 16 * 1024  # the engine cuts longer lines in pieces and stamps each (moby, daemon/logger/copier.go)
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, docker.errors.DockerException, OSError)


class Follower:
    """Follows one container's log in a thread until it is closed.

    Attributes:
        container: The container's name.
        faults: What went wrong on the way, a sentence each.
    """

    def __init__(
        self,
        container: str,
        since: float,
        take: Callable[[str], None],
        pause: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin to follow.

        Args:
            container: The container's name; it may be yet to be made.
            since: Lines before that moment are left out, in seconds since the epoch.
            take: Takes each line, without its end.
            pause: Waits while lines may be left to gather, for nobody waits for one.
        """
        self.container, self.faults = container, list[str]()
        self._take, self._since, self._pause = take, max(since, 1.0), pause
        self._last = b""  # the stamp of the last line taken: stamps of one log only grow
        self._recent: OrderedDict[int, None] = OrderedDict()
        self._closed = threading.Event()
        self._stream: CancellableStream[bytes] | None = None
        self._thread = threading.Thread(target=self._follow, name=f"log of {container}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following, and wait until that is so."""
        self._closed.set()
        with suppress(*_BROKEN, AttributeError, ValueError):
            if self._stream is not None:
                self._stream.close()
        self._thread.join(timeout=5)

    def _follow(self) -> None:
        while not self._closed.is_set():
            try:
                with engine.connected() as client:
                    since = max(self._since, _seconds(self._last)) if self._last else self._since
                    self._stream = open_log(client, self.container, since)
                    self._read(self._paced(self._stream))
            except docker.errors.NotFound:
                pass  # not made yet, or ended
            except Exception as error:  # a follower that dies would lose refusals in silence
                if not self._closed.is_set():
                    self._fault(f"the log of {self.container} broke off ({type(error).__name__})")
            self._closed.wait(PAUSE)

    def _paced(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass chunks on; after one that had to be waited for, let more gather: to wake up for each is what costs."""
        asked = time.perf_counter()
        for chunk in chunks:
            waited = time.perf_counter() - asked > IDLE
            yield chunk
            if waited:
                self._pause()
            asked = time.perf_counter()

    def _taken(self, stamp: bytes, text: bytes) -> bool:
        """Return whether a line was taken before; from now on it was."""
        line = hash((stamp, text))
        if line in self._recent:
            return True
        self._recent[line] = None
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        return False

    def _fault(self, what: str) -> None:
        if what not in self.faults:
            self.faults.append(what)

    def _read(self, chunks: Iterator[bytes]) -> None:
        resumed = True
        for stamp, text in _entries(chunks):
            if stamp and ((resumed and stamp <= self._last) or self._taken(stamp, text)):
                continue  # taken before the stream broke, or before the engine read a rotated file again
            if stamp:
                resumed = False
                self._last = stamp
            self._take(text.decode(errors="replace"))


def _entries(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield lines and their stamps. Pieces of one are joined; what a container began before it ended is a line."""
    for line in _lines(chunks):
        stamped = _STAMP.match(line)
        if stamped and len(line) < _PIECE and b"Z " not in line[stamped.end() :]:
            yield stamped[1], line[stamped.end() :]  # as nearly all are, and there are many
            continue
        stamp, text = b"", b""
        first, *others = _STAMP.split(line)
        for next_stamp, piece in [(b"", first), *zip(others[::2], others[1::2], strict=True)]:
            if len(text) >= _PIECE or not (stamp or text):
                stamp, text = stamp or next_stamp, text + piece
            else:
                yield stamp, text
                stamp, text = next_stamp, piece
        yield stamp, text


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines. One that has no end when the stream ends is cut off: the stream that follows has all of it."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


def _seconds(stamp: bytes) -> float:
    """Return a stamp's whole second, which is early enough to ask from."""
    return float(calendar.timegm(time.strptime(stamp[:19].decode(), "%Y-%m-%dT%H:%M:%S")))
