"""A command that is run in a container: all that it printed comes, and how it ended."""

import http.client
import time
from collections.abc import Iterator

import docker
import pytest
from docker.models.containers import Container

from leasehold.engines.docker import execs

from .support import container


@pytest.fixture(scope="module")
def where(engine: docker.DockerClient) -> Iterator[Container]:
    with container(engine, "sleep 600") as made:
        yield made


@pytest.fixture
def starved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this client read answers late: a quick command's output has come with the answer's head by then."""
    begin = http.client.HTTPResponse.begin

    def late(response: http.client.HTTPResponse) -> None:
        time.sleep(0.3)
        begin(response)

    monkeypatch.setattr(http.client.HTTPResponse, "begin", late)


@pytest.mark.usefixtures("starved")
def test_what_a_quick_command_printed_is_not_lost(where: Container) -> None:
    """As it mostly is by the library's own `exec_run`."""
    assert execs.run(where, ["echo", "told"]) == (0, b"told\n")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("true", (0, b"")),
        ("printf 'no end of a line'", (0, b"no end of a line")),
        ("printf '7\\n\\n'; exit 3", (3, b"7\n\n")),
        ("echo out; echo err >&2; echo out; exit 200", (200, b"out\nerr\nout\n")),
        ("head -c 300000 /dev/zero", (0, b"\0" * 300_000)),
        ("cat", (0, b"")),
    ],
)
def test_output_and_status_are_its_own(where: Container, script: str, expected: tuple[int, bytes]) -> None:
    assert execs.run(where, ["sh", "-c", script]) == expected


def test_errors_are_left_out(where: Container) -> None:
    assert execs.run(where, ["sh", "-c", "echo err >&2; exit 1"], errors=False) == (1, b"")


def test_words_are_no_script(where: Container) -> None:
    words = ["echo", "$0; exit 1", "a  b", "*", ""]
    assert execs.run(where, words) == (0, b"$0; exit 1 a  b * \n")


def test_a_command_that_is_not_there(where: Container) -> None:
    status, output = execs.run(where, ["no-such-command"])
    assert status == 127
    assert b"no-such-command" in output


def test_user_and_environment(where: Container) -> None:
    assert execs.run(where, ["sh", "-c", "id -u; echo $SEEN"], user="1234", environment={"SEEN": "it"}) == (
        0,
        b"1234\nit\n",
    )


def test_a_command_that_was_cut_short_is_no_answer(where: Container) -> None:
    """Its shell is killed after it has printed something."""
    with pytest.raises(ConnectionError, match="`sh` was cut short"):
        execs.run(where, ["sh", "-c", "echo 0; kill -KILL $PPID"])
