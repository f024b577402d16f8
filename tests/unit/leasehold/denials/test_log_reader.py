"""A log is read by asking: with a real shell, on files as servers write, rename and remove them."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from leasehold.contract import LOGS
from leasehold.denials.sources import log_reader
from leasehold.denials.sources.log_reader import LogReader, Position
from leasehold.engines.current import use
from leasehold.engines.memory import MemoryEngine
from leasehold.errors import EngineError, LogError

SHELLS = [[shell] for shell in ("dash", "bash") if shutil.which(shell)]
SHELLS += [["busybox", "sh"]] * bool(shutil.which("busybox"))


class Here(MemoryEngine):
    """An engine whose server is a folder of this machine, in which a real shell runs."""

    def __init__(self, folder: Path, shell: Sequence[str]) -> None:
        super().__init__()
        self.folder, self.shell = folder, list(shell)
        self.state: bool | None = True
        self.pipes: list[LocalPipe] = []
        self.run_command = self.pipe

    def pipe(self, server: str, command: Sequence[str]) -> "LocalPipe":
        assert command[:2] == ["sh", "-c"]
        words = [str(self.folder) if word == LOGS else word for word in command[1:]]
        self.pipes.append(LocalPipe([*self.shell, *words]))
        return self.pipes[-1]

    def files(self, server: str, folder: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}

    def is_running(self, server: str) -> bool | None:
        return self.state

    def stop(self) -> None:
        """Have the server end, and with it what ran in it."""
        self.state = False
        for pipe in self.pipes:
            pipe.process.kill()


class LocalPipe:
    """A command, as one in a container is talked to."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self, patience: float) -> bytes:
        assert self.process.stdout
        return os.read(self.process.stdout.fileno(), 7)  # little at once: what belongs together comes in pieces

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(params=SHELLS, ids=" ".join)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Here]:
    made = Here(tmp_path, request.param)
    with use(made):
        yield made
    for pipe in made.pipes:
        pipe.close()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], None]:
    """Write on in a file, as servers do."""

    def append(name: str, text: str) -> None:
        with (tmp_path / name).open("a") as file:
            file.write(text)

    return append


Write = Callable[[str, str], None]


def ask(reader: LogReader) -> list[str]:
    reader.ask()
    return list(reader.answer())


def test_each_answer_holds_what_came_since_the_last(here: Here, write: Write) -> None:
    reader = LogReader("c")
    assert ask(reader) == [], "nothing was written yet"
    write("1.json", "a\nb\n")
    assert ask(reader) == ["a", "b"]
    assert ask(reader) == []
    write("1.json", "c\nhal")
    assert ask(reader) == ["c"]
    write("1.json", "f\n")
    assert ask(reader) == ["half"]
    assert reader.position
    assert (reader.position.offset, reader.position.head) == (11, "a")


def test_what_came_before_it_began_is_left_out(here: Here, write: Write) -> None:
    write("1.json", "a\n")
    write("2.json", "b\nc\n")
    reader = LogReader("c", at_end=True)
    assert ask(reader) == []
    assert reader.position
    assert (reader.position.offset, reader.position.head) == (4, "b")
    write("2.json", "d\n")
    assert ask(reader) == ["d"]
    other = LogReader("c", Position(reader.position.file, 2, "b"))
    assert ask(other) == ["c", "d"]


def test_it_goes_on_in_later_files(here: Here, write: Write) -> None:
    reader = LogReader("c")
    write("1.json", "a\n")
    assert ask(reader) == ["a"]
    write("1.json", "b\n")
    write("2.json", "c\n")
    write("2.log", "no line of the log\n")
    write("3.json", "d\n")
    assert ask(reader) == ["b", "c", "d"]


def test_a_file_that_is_given_another_name_is_the_same(here: Here, write: Write, tmp_path: Path) -> None:
    reader = LogReader("c")
    write("current.json", "a\n")
    assert ask(reader) == ["a"]
    (tmp_path / "current.json").rename(tmp_path / "2026.json")
    write("2026.json", "b\n")
    assert ask(reader) == ["b"], "its server has not begun another"
    write("2026.json", "c\n")
    write("current.json", "d\n")
    assert ask(reader) == ["c", "d"]
    reader.close()
    write("current.json", "e\n")
    assert ask(reader) == ["e"]


def test_a_reader_that_was_ended_is_replaced(here: Here, write: Write) -> None:
    reader = LogReader("c")
    write("1.json", "a\nb\nhal")
    assert ask(reader) == ["a", "b"]
    here.pipes[-1].process.kill()
    here.pipes[-1].process.wait()
    write("1.json", "f\n")
    assert ask(reader) == ["half"]
    assert len(here.pipes) == 2


@pytest.mark.parametrize("removed", [["1.json"], ["1.json", "2.json"]])
def test_what_was_removed_before_it_was_read_is_told(
    here: Here, write: Write, tmp_path: Path, removed: list[str]
) -> None:
    reader = LogReader("c")
    write("1.json", "a\n")
    assert ask(reader) == ["a"]
    write("2.json", "b\n")
    write("3.json", "c\n")
    for name in removed:
        (tmp_path / name).unlink()
    with pytest.raises(LogError, match="was cut before it was read"):
        ask(reader)


def test_a_file_that_was_cut_is_told(here: Here, write: Write, tmp_path: Path) -> None:
    reader = LogReader("c")
    write("current.json", "a\nb\n")
    assert ask(reader) == ["a", "b"]
    (tmp_path / "cut.1").touch()
    (tmp_path / "current.json").write_text("")
    later = LogReader("c", at_end=True)
    assert ask(later) == [], "whoever comes later misses nothing"
    with pytest.raises(LogError, match="was cut before it was read"):
        ask(reader)
    with pytest.raises(LogError, match="was cut before it was read"):
        ask(LogReader("c", Position("current.json", 4, "a")))


@pytest.mark.parametrize("read", [0, 1, 2, 3])
def test_the_last_words_of_a_container_that_has_ended(here: Here, write: Write, read: int) -> None:
    reader = LogReader("c")
    said = [("1.json", "a"), ("1.json", "b"), ("2.json", "c")]
    for name, word in said[:read]:
        write(name, f"{word}\n")
    ask(reader)
    for name, word in said[read:]:
        write(name, f"{word}\n")
    write("2.json", "cut o")
    here.stop()
    assert ask(reader) == [word for _, word in said[read:]]
    assert reader.ended
    assert ask(reader) == []
    here.state = True
    write("2.json", "ff\nd\n")
    assert ask(reader) == ["cut off", "d"]
    assert not reader.ended


def test_a_container_that_is_gone_is_told(here: Here, write: Write) -> None:
    reader = LogReader("c")
    write("1.json", "a\n")
    assert ask(reader) == ["a"]
    here.stop()
    here.state = None
    with pytest.raises(LogError, match="was removed"):
        ask(reader)


def test_a_log_that_stays_silent_is_told(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(server: str, command: Sequence[str]) -> LocalPipe:
        raise EngineError("the engine does not answer")

    here.run_command = silent
    monkeypatch.setattr(log_reader, "SILENCE", 0.0)
    with pytest.raises(LogError, match="The log of c has been silent for "):
        ask(LogReader("c"))


def test_who_does_not_wait_gets_the_rest_with_the_next_answer(here: Here, write: Write) -> None:
    """And the next answer holds what was written until it was asked for, not until the one before was."""
    reader = LogReader("server")
    write("1.json", "one\n")
    assert list(reader.answer()) == ["one"]
    receive, slow = LocalPipe.receive, [True]

    def paused(pipe: LocalPipe, patience: float) -> bytes:
        if slow:
            raise TimeoutError
        return receive(pipe, patience)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalPipe, "receive", paused)
        write("1.json", "two\n")
        reader.ask()
        assert list(reader.answer(wait=False)) == []
        assert list(reader.answer(wait=False)) == []
        slow.clear()
        write("1.json", "three\n")
        reader.ask()
        assert list(reader.answer()) == ["two", "three"]
    reader.close()


def test_who_does_not_wait_is_not_held_up_by_a_server_that_cannot_be_asked(here: Here, write: Write) -> None:
    reader = LogReader("server")
    write("1.json", "one\n")
    with pytest.MonkeyPatch.context() as patch:

        def refuse(server: str, command: Sequence[str]) -> LocalPipe:
            raise EngineError("it is paused")

        patch.setattr(here, "run_command", refuse)
        reader.ask()
        assert list(reader.answer(wait=False)) == []
    assert list(reader.answer()) == ["one"]
    reader.close()


def test_long_lines_and_strange_signs(here: Here, write: Write) -> None:
    lines = ["x" * 100_000, "\\u0000 \\n é \u2028 %s $(id) `id`", "", "end"]
    write("1.json", "\n".join(lines) + "\n")
    assert ask(LogReader("c")) == lines
