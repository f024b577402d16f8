"""Where a keeper is asked: a socket in a folder of its owner's. A question and an answer are a line of JSON each."""

import fcntl
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .. import paths

Answer = Callable[[dict[str, Any]], tuple[dict[str, Any], Callable[[], None]]]
"""Returns the answer to a question, and what is called once whoever asked has read it, has acted on it, or is gone."""

LOCK = ".lock"
"""Ends the name of a file that whoever has the desk locks."""
_LONGEST = 1 << 24
_SHORT = 100
"""A socket's name may be no longer than about this, in bytes (unix(7): 108 with its end; 104 elsewhere)."""


def folder() -> Path:
    """Return the folder in which keepers are asked."""
    return paths.state() / "pool"


def anybody() -> bool:
    """Return whether anybody seems to be asked there, for anything."""
    return any(folder().glob("*.sock"))


def ask(
    path: Path,
    question: dict[str, Any],
    act: Callable[[dict[str, Any]], None] = lambda answer: None,
    patience: float = 60.0,
) -> dict[str, Any] | None:
    """Ask a keeper; return its answer, or None if there is no keeper, or it does not answer.

    Args:
        path: Where it is asked.
        question: What.
        act: Called with the answer while the keeper waits.
        patience: How long its answer may take, in seconds: whoever asks can do without, and then has nothing.
    """
    if not path.exists():
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking, _named(path) as name:
            asking.settimeout(patience)
            asking.connect(name)
            asking.sendall(json.dumps(question).encode() + b"\n")
            answer = json.loads(_line(asking))
            if not isinstance(answer, dict):
                return None
            act(answer)
    except (OSError, ValueError):
        return None
    return answer


@contextmanager
def desk(path: Path, answer: Answer) -> Iterator[None]:
    """Answer questions in a thread while the block runs; only this process answers there.

    Args:
        path: Where; what a killed process has left there is replaced, so whoever opens a desk has to know that nobody
            else has one.
        answer: Answers a question.
    """
    paths.private(path.parent)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        with _named(path) as name:
            listening.bind(name)
        path.chmod(0o600)
        listening.listen(64)
        thread = threading.Thread(target=_serve, args=(listening, answer), name="leasehold desk", daemon=True)
        thread.start()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # it wakes whoever waits for the next question
                listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def clear(folder: Path) -> None:
    """Remove what keepers that have ended have left in their folder.

    Args:
        folder: The folder.
    """
    for stem in {path.stem for path in folder.glob("*.*")}:
        with suppress(BlockingIOError), (folder / f"{stem}{LOCK}").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.glob(f"{stem}.*"):
                left.unlink(missing_ok=True)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Keep others from opening a desk for the length of a block; gives whether nobody has one.

    Args:
        path: Where it is.
    """
    lock = paths.private(path.parent) / f"{path.stem}{LOCK}"
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        if not lock.exists() or lock.stat().st_ino != os.fstat(file.fileno()).st_ino:
            yield False  # whoever had it has just removed it
            return
        yield True
        for left in path.parent.glob(f"{path.stem}.*"):
            if left.suffix != ".log":
                left.unlink(missing_ok=True)


def _serve(listening: socket.socket, answer: Answer) -> None:
    while True:
        try:
            asked, _ = listening.accept()
        except OSError:
            return
        with asked, suppress(OSError, ValueError):  # whoever asked is gone, or asked nothing
            asked.settimeout(5)
            question = json.loads(_line(asked))
            if isinstance(question, dict):
                _reply(asked, answer, question)


def _reply(asked: socket.socket, answer: Answer, question: dict[str, Any]) -> None:
    reply, settle = answer(question)
    try:
        asked.sendall(json.dumps(reply).encode() + b"\n")
        asked.settimeout(60)
        _line(asked)  # nothing comes: it closes its side
    finally:
        settle()


def _line(connection: socket.socket) -> bytes:
    read = bytearray()
    while not read.endswith(b"\n") and len(read) < _LONGEST:
        more = connection.recv(1 << 16)
        if not more:
            break
        read += more
    return bytes(read)


@contextmanager
def _named(path: Path) -> Iterator[str]:
    """Give a name of a socket's file that is short enough; Linux alone has one for a long path."""
    if len(os.fsencode(path)) <= _SHORT:
        yield str(path)
        return
    held = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{held}/{path.name}"
    finally:
        os.close(held)
