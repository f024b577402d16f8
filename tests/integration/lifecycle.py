"""What a run has to do on whichever engine it stands, and from wherever: the same commands, the same answers."""

import json
import sys
from collections.abc import Callable, Mapping

from .gated import INI, PASSING
from .support import COMMAND, image_of

Told = Callable[..., tuple[int, str]]
"""Runs a command where the caller is; returns its exit status, and what it says on both streams."""

LOOPBACK = "127.0.0.1"
DENIED = """
import psycopg, pytest
def test_refused(connect):
    with connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM orders")
"""
CONNECT = "import psycopg; print(psycopg.connect('').execute('SELECT 40 + 2').fetchone())"
WRITE = """
import json, pathlib, sys, tempfile
folder = pathlib.Path(tempfile.mkdtemp())
for name, text in json.loads(sys.argv[1]).items():
    (folder / name).write_text(text)
print(folder)
"""
"""Writes files into a folder of their own where the caller is, which may have other folders than this process."""


def run_through(told: Told, name: str, host: str, amiss: tuple[str, ...] = (), *, noted: bool | None = None) -> None:
    """Make a run, hold it to what runs do, and end it.

    Args:
        told: Runs a command where the caller is.
        name: The run's name.
        host: Where its gateway has to be reached.
        amiss: Begins the sentences of its probe, each one's: what the engine's networks cannot do.
        noted: Whether its probe says who else reaches it; by default where that is not this host's loopback alone.
    """

    def command(*words: str, status: int = 0) -> str:
        got, said = told(*words)
        assert got == status, f"{words}: {got}, {said}"
        return said

    lease = (*COMMAND, "exec", name, "--role", "reader")
    command(*COMMAND, "up", name)
    assert json.loads(command(*COMMAND, "show", name, "--json"))["host"] == host
    assert "(42,)" in command(*lease, "--", sys.executable, "-c", CONNECT)
    tried = "socat -u OPEN:/dev/null TCP:database:5432,connect-timeout=5"
    reach = f"until {tried}; do sleep 0.1; done; echo reached $PGHOST"
    assert "reached database" in command(*lease, "--inside", "--image", image_of("probe"), "--", "sh", "-c", reach)
    session(command, name)
    assert "Every role can do what was declared, and nothing else" in command(*COMMAND, "audit", name)
    probe(command, name, host, amiss, noted=host != LOOPBACK if noted is None else noted)
    command(*COMMAND, "rotate", name, "--role", "reader", "--now")
    command(*COMMAND, "rotate", name, "--ca", "--now")
    assert "(42,)" in command(*lease, "--", sys.executable, "-c", CONNECT)
    command(*COMMAND, "down", name)


def session(command: Callable[..., str], name: str) -> None:
    """Hold a session of tests on a run to report what was refused, and to fail for it."""
    folder = written(command, {"pytest.ini": INI, "test_passing.py": PASSING, "test_denied.py": DENIED})
    try:
        run = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            f"--rootdir={folder}",
            f"-c{folder}/pytest.ini",
        ]
        said = command(*run, f"--leasehold-run={name}", folder, status=1)
    finally:
        command("rm", "-r", folder)
    assert "7 passed, 1 error" in said or "1 failed, 6 passed" in said, said
    assert "42501" in said


def written(command: Callable[..., str], files: Mapping[str, str]) -> str:
    """Write files where the caller is; return their folder."""
    return command(sys.executable, "-c", WRITE, json.dumps(files)).strip()


def probe(command: Callable[..., str], name: str, host: str, amiss: tuple[str, ...], *, noted: bool) -> None:
    """Hold the probe of a run to find nothing amiss but what is named, and to say who else reaches it."""
    said = command(*COMMAND, "probe", name, "--json", status=12 if amiss else 0)
    found, _ = json.JSONDecoder().raw_decode(said)
    assert all(one.startswith(amiss) for one in found["violations"]), found["violations"]
    assert all(any(one.startswith(start) for one in found["violations"]) for start in amiss), found["violations"]
    assert [host in note for note in found["notes"]] == [True] * noted
