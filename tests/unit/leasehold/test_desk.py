"""Where a keeper is asked: by its owner alone, by a name of any length, and whoever asks is never held up for long."""

import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leasehold.runs.desk import alone, ask, clear, desk


def echo(question: dict[str, Any]) -> tuple[dict[str, Any], Callable[[], None]]:
    return {"asked": question}, lambda: None


@pytest.mark.parametrize("length", [1, 120])
def test_a_question_is_answered(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("f" * length) / "a.sock"
    with desk(path, echo):
        assert ask(path, {"one": 1}) == {"asked": {"one": 1}}
        assert ask(path, {"two": "2" * 200_000}) == {"asked": {"two": "2" * 200_000}}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()
    assert ask(path, {}) is None


def test_what_a_killed_keeper_has_left_is_no_desk(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    assert ask(path, {}) is None
    with desk(path, echo):
        assert ask(path, {}) == {"asked": {}}


def test_files_of_keepers_that_have_ended_are_cleared_and_no_others(tmp_path: Path) -> None:
    for name in ("killed.sock", "killed.lock", "killed.log", "ended.log"):
        (tmp_path / name).touch()
    with (
        alone(tmp_path / "here.sock") as first,
        alone(tmp_path / "here.sock") as second,
        desk(tmp_path / "here.sock", echo),
    ):
        assert (first, second) == (True, False)
        clear(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["here.lock", "here.sock"]
        assert ask(tmp_path / "here.sock", {}) == {"asked": {}}
    assert list(tmp_path.iterdir()) == []
    clear(tmp_path / "none")


def test_who_says_nothing_of_use_ends_no_desk(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with desk(path, echo):
        for said in (b"", b"no question\n", b"[1]\n", b'{"cut": '):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
                asking.connect(str(path))
                asking.sendall(said)
        assert ask(path, {"one": 1}) == {"asked": {"one": 1}}


def test_what_was_asked_for_is_settled_once_it_was_acted_on(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.sock", list[str]()
    with desk(path, lambda question: ({"offer": 1}, lambda: seen.append("settled"))):
        assert ask(path, {}, lambda answer: seen.append(f"acted on {answer}")) == {"offer": 1}
    assert seen == ["acted on {'offer': 1}", "settled"]


def test_what_was_asked_for_is_settled_if_whoever_asked_is_gone(tmp_path: Path) -> None:
    path, settled = tmp_path / "a.sock", threading.Event()
    with desk(path, lambda question: ({"offer": "x" * 1_000_000}, settled.set)):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.connect(str(path))
            asking.sendall(b"{}\n")
        settled.wait()


def test_who_gets_no_answer_goes_on_without(tmp_path: Path) -> None:
    path, held = tmp_path / "a.sock", threading.Event()

    def late(question: dict[str, Any]) -> tuple[dict[str, Any], Callable[[], None]]:
        held.wait()
        return {}, lambda: None

    with desk(path, late):
        try:
            assert ask(path, {}, patience=0.01) is None
        finally:
            held.set()
