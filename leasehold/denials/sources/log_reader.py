"""Reads a server's log by asking for it: each answer is all that was written from a position to now.

A shell in the server's own file system reads the log's files (`read_log.sh`), over the engine's connection: no port and
no login of its own is needed. What a server has written is answered for certain, however late it is asked for: a file
does not go stale, as a stream may. A server that has ended still has its files, so a killed server's last words are
read, too.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files

from ...clock import steady
from ...contract import LOGS
from ...engines.current import current
from ...engines.protocol import Pipe
from ...errors import EngineError, LogCutError, LogError

SILENCE = 120.0
"""Seconds without a byte, an answer or an engine that can be reached, after which a log counts as silent."""

PAUSE = 0.05
"""Time between two tries to reach a server that does not answer, in seconds."""

PATIENCE = 1.0
"""Seconds after which a reader that says nothing is looked after."""

_SCRIPT = files(__package__).joinpath("read_log.sh").read_text()
_HEAD = 200  # bytes by which a file is known again


@dataclass(frozen=True)
class Position:
    """A place in a log.

    Attributes:
        file: The file's inode, which stays when it is given another name; its name where there are no inodes.
        offset: Bytes of it before the place.
        head: How the file begins, by which it is known in a server that has ended.
    """

    file: str
    offset: int
    head: str = ""


class LogReader:
    """Reads one server's log; the server may end and start again meanwhile.

    Attributes:
        ended: Whether the server had ended when it was last asked, so that its log was whole.
    """

    def __init__(self, server: str, position: Position | None = None, *, at_end: bool = False) -> None:
        """Prepare; nothing is asked yet.

        Args:
            server: The server's name.
            position: From where on to read; from the beginning when not given.
            at_end: Leave out all that is there when it is first asked.
        """
        self.server, self.ended = server, False
        self._position, self._at_end = position, at_end
        self._pipe: Pipe | None = None
        self._asked, self._is_left_over = "", False
        self._received = self._partial = b""

    @property
    def position(self) -> Position | None:
        """Up to where it has been read; None before the first line."""
        return self._position

    def ask(self) -> None:
        """Send a request; `answer` waits for what comes of it. One that cannot be sent is made up for there."""
        try:
            self._send()
        except (EngineError, OSError):
            self.close()

    def answer(self, *, wait: bool = True) -> Iterator[str]:
        """Yield all lines from where the last answer ended to the moment of the request, without their ends.

        Args:
            wait: Whether to wait for all of it; else only what comes soon is told, and the rest with the next answer.

        Raises:
            LogError: The log is silent, or what was not read yet is gone.
        """
        moved = steady()
        while True:
            try:
                if self._pipe is None:
                    self._send()
                for lines in self._receive():
                    moved = steady()
                    yield from lines
                if self._is_left_over:  # that was asked for earlier, and says nothing of now
                    self._is_left_over = False
                    self._send()
                    continue
                self.ended = False
                return
            except TimeoutError:  # the pipe stands: a machine may be slow, or the server paused
                if not wait:
                    self._is_left_over = True
                    return
            except (EngineError, OSError):
                self.close()
                if not wait:
                    return
                time.sleep(PAUSE)
            silent = steady() - moved
            if silent > SILENCE:
                raise LogError(
                    f"The log of {self.server} has been silent for {silent:.0f} s: nobody can tell what was refused "
                    "since. See whether the engine is overloaded, or the server paused."
                )
            if self._pipe is None and not self._runs():
                with suppress(EngineError):
                    yield from self._last_words()
                    self.ended = True
                    return

    def close(self) -> None:
        """End the reader in the server."""
        if self._pipe:
            self._pipe.close()
        self._pipe, self._asked, self._is_left_over = None, "", False
        self._received = self._partial = b""

    def _send(self) -> None:
        if self._pipe is None:
            self._pipe = current().open_pipe(self.server, ["sh", "-c", _SCRIPT, "sh", LOGS, *self._from()])
        if not self._asked:
            self._asked = secrets.token_hex(8)
            self._pipe.send(f"{self._asked}\n".encode())

    def _from(self) -> list[str]:
        if self._position:
            return [self._position.file, str(self._position.offset)]
        return ["end" if self._at_end else "first"]

    def _receive(self) -> Iterator[list[str]]:
        """Yield lines as they come, until the answer is whole."""
        while self._asked and self._pipe:
            piece = self._pipe.receive(PATIENCE)
            if not piece:
                raise EngineError(f"the reader in {self.server} has ended")
            self._received += piece
            yield self._lines()

    def _lines(self) -> list[str]:
        """Take what was received apart: the log's own lines, and those of the reader, which a NUL begins."""
        lines: list[str] = []
        while self._received:
            text, control, rest = self._received.partition(b"\0")
            if not control:
                self._received = b""
                return [*lines, *self._whole(text)]
            said, ended, after = rest.partition(b"\n")
            lines += self._whole(text)
            self._received = after if ended else control + rest
            if not ended:
                return lines
            self._control(said.decode(errors="replace"))
        return lines

    def _whole(self, text: bytes) -> list[str]:
        *whole, self._partial = (self._partial + text).split(b"\n")
        for line in whole:
            if self._position:
                place, read = self._position, len(line) + 1
                self._position = Position(place.file, place.offset + read, place.head if place.offset else _head(line))
        return [line.decode(errors="replace") for line in whole]

    def _control(self, said: str) -> None:
        word, _, rest = said.partition(" ")
        if said == self._asked:
            self._asked = ""
        elif word == "file":
            file, _, offset = rest.partition(" ")
            self._position, self._partial = Position(file, int(offset)), b""
        elif word == "head" and self._position:
            self._position = replace(self._position, head=_head(rest.encode()))
        elif word == "lost":
            raise LogCutError(
                f"The log of {self.server} was cut before it was read: it outgrew what is kept of it. Nobody can "
                "tell what was refused there. Have fewer statements logged between two tests, or split the test."
            )

    def _runs(self) -> bool:
        try:
            runs = current().is_running(self.server)
        except EngineError:
            return True  # it cannot be told, so it is asked again
        if runs is None:
            raise LogError(
                f"Server {self.server} was removed, and with it what was not read of its log: nobody can tell "
                "what was refused last. `leasehold down` ends a run; a part of it that is removed cannot be replaced."
            )
        return runs

    def _last_words(self) -> Iterator[str]:
        """Yield what a server that has ended wrote last."""
        found = current().files(self.server, LOGS)
        there = [(name, content) for name, content in found.items() if name.endswith(".json")]
        place = self._position
        if place and place.head:
            while there and not _head(there[0][1]).startswith(place.head):
                there.pop(0)
        elif place or self._at_end:
            there = there[-1:]  # it was the last one, and empty
        for number, (name, content) in enumerate(there):
            read = place.offset if place and number == 0 else 0
            *lines, _ = content[read:].split(b"\n")
            self._position = Position(name, read + sum(len(line) + 1 for line in lines), _head(content))
            if place or not self._at_end:
                yield from (line.decode(errors="replace") for line in lines)


def _head(content: bytes) -> str:
    """Return how a file begins: its first line, cut."""
    return content.partition(b"\n")[0][:_HEAD].decode(errors="ignore")
