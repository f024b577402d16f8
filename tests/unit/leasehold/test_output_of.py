"""What a script printed in a server is told when it is whole, and not otherwise."""

import subprocess
from collections.abc import Iterator, Sequence

import pytest

from leasehold.engines.current import use
from leasehold.engines.memory import SERVER, MemoryEngine
from leasehold.engines.output_of import output_of
from leasehold.errors import EngineError


class Shell:
    """The command, run on this machine."""

    def __init__(self, command: Sequence[str], most: int) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._left = most

    def send(self, data: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def receive(self, patience: float) -> bytes:
        assert self._process.stdout
        read = self._process.stdout.read(min(7, self._left))
        self._left -= len(read)
        return read

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def most() -> int:
    """How many bytes come before the connection is gone."""
    return 9999


@pytest.fixture(autouse=True)
def engine(most: int) -> Iterator[MemoryEngine]:
    made = MemoryEngine()
    made.run_command = lambda server, command: Shell(command, most)
    made.put(SERVER, "server", {})
    with use(made):
        yield made


@pytest.mark.parametrize("script", ["printf 'a b\\nc'", "echo 'a b'; printf c", "printf '%s\\nc' \"$1\""])
def test_all_that_it_printed(script: str) -> None:
    assert output_of("server", script, "a b", patience=60) == "a b\nc"


def test_nothing_and_an_empty_line_are_told_apart() -> None:
    assert output_of("server", ":", patience=60) == ""
    assert output_of("server", "echo", patience=60) == "\n"


@pytest.mark.parametrize("script", ["echo 0; false", "echo 0; kill -KILL $$", "echo 0; exit 0"])
def test_a_script_that_failed_or_was_cut_short(script: str) -> None:
    with pytest.raises(EngineError, match="does not tell all that it was asked"):
        output_of("server", script, patience=60)


@pytest.mark.parametrize("most", [0, 1, 3, 5, 9, 20])
def test_a_connection_that_is_gone_too_soon() -> None:
    with pytest.raises(EngineError, match="does not tell all that it was asked"):
        output_of("server", "printf 'a\\n0\\nb 0'", patience=60)
