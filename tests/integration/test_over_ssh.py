"""An engine on another network, over ssh: the system's own client, its configuration, keys and known hosts."""

import os
from collections.abc import Callable, Iterator

import pytest

from .lifecycle import run_through
from .second_engine import SecondEngine, second_engine
from .ssh_server import SshServer, ssh_server
from .support import COMMAND, inspect_run


@pytest.fixture(scope="module")
def second() -> Iterator[SecondEngine]:
    with second_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def server(second: SecondEngine) -> Iterator[SshServer]:
    with ssh_server(second) as started:
        yield started


@pytest.fixture
def told(second: SecondEngine, server: SshServer) -> Callable[..., tuple[int, str]]:
    """Run a command in a shell that names the engine over ssh, in this machine's own network."""

    def run(*words: str) -> tuple[int, str]:
        done = second.run(*words, shell=server.shell(os.environ["PATH"]), inside=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.soak
def test_a_run_on_an_engine_over_ssh(
    second: SecondEngine, told: Callable[..., tuple[int, str]], new_name: Callable[[], str]
) -> None:
    name = new_name()
    run_through(told, name, second.address)
    assert second.names() == []
    assert inspect_run(name).empty


def test_a_host_that_is_not_known_is_one_sentence(server: SshServer, told: Callable[..., tuple[int, str]]) -> None:
    """Nobody is asked: there may be nobody."""
    known = server.known.read_text()
    assert told(*COMMAND, "list")[0] == 0
    server.known.write_text("")
    try:
        status, said = told(*COMMAND, "list")
    finally:
        server.known.write_text(known)
    assert status == 8
    assert said.startswith("leasehold: The Docker Engine at ssh://engine does not answer (ssh: Host key verification")
    assert "Its key is not known here, or another one is: `ssh engine` shows it, and asks." in said
