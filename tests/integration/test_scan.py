"""The scan finds a credential wherever one is planted, and none in a run that nobody has touched."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from leasehold.proofs.scan import look, scan
from leasehold.proofs.scan.places import places_of

from .support import COMMAND, PROJECT, Live, generated, image_of, leasehold, stack_files

NAME = "environment-broker-provisioner"


@pytest.fixture(scope="module")
def canary(quiet: Live) -> str:
    return generated(quiet.run.name, NAME)


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, the test's own: a machine may have gigabytes in its own."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        monkeypatch.setenv("TMPDIR", name)
        yield Path(name)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that is gone after the test: what is planted in it would be found by the next."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_a_run_in_good_order_has_no_hit(quiet: Live) -> None:
    found = scan(quiet.run)
    assert found.secrets > 10
    assert found.hits == ()


@pytest.mark.parametrize("inside", [False, True])
def test_a_command_that_works_as_a_lease_has_its_password_in_the_file_alone(quiet: Live, inside: bool) -> None:
    where = ["--inside", "--image", image_of("probe")] if inside else []
    words = [
        "exec",
        quiet.run.name,
        "--role",
        "reader",
        *where,
        "--",
        "sh",
        "-c",
        "trap exit TERM; cat $PGPASSFILE; while :; do sleep 1 & wait; done",
    ]
    with subprocess.Popen([*COMMAND, *words], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            password = process.stdout.readline().strip().rpartition(":")[2]
            assert len(password) >= 20
            hits = [hit.place for hit in look({password: "its password"}, places_of(quiet.run))]
        finally:
            process.terminate()
    printed = [place for place in hits if place.startswith("log of server")]  # by the command itself
    assert len(printed) == inside
    assert [place for place in hits if place not in printed] == []


@pytest.mark.usefixtures("temporary")
def test_pulumis_debug_log_shows_secrets_and_the_scan_says_so(quiet: Live) -> None:
    hits = scan(quiet.run, debug=True).hits
    assert {hit.place for hit in hits} == {"Pulumi's debug log of a preview"}


def test_what_is_planted_is_found_and_nothing_else(quiet: Live, canary: str, folder: Path, temporary: Path) -> None:
    """In a report, an environment variable, a command line, a debug log and a state; in a report a token, too."""
    quiet.issuer.revoke(quiet.issuer.lease("reader"))
    (folder / "junit.xml").write_text(f"<failure>{canary}</failure>")
    (folder / "token.txt").write_text(quiet.issuer.tokens()["reader"])
    log = temporary / "debug.log"
    state = next(path for path in stack_files(quiet.run.name) if path.name == f"{quiet.run.name}.json")
    backup = state.with_suffix(".json.bak")
    kept = backup.read_bytes() if backup.exists() else b"{}"
    with ExitStack() as planted:
        variable = planted.enter_context(waiting({"PGPASSWORD": canary}))
        command = planted.enter_context(waiting({}, canary))
        log.write_text(f"DEBUG password={canary}\n")
        backup.write_text(json.dumps({"plain": canary}))
        planted.callback(backup.write_bytes, kept)
        hits = scan(quiet.run, [folder]).hits
    assert {hit.place.partition(" (")[0] for hit in hits if hit.secret == f"{NAME}.result"} == {
        f"given file {folder / 'junit.xml'}",
        f"environment of process {variable}",
        f"command line of process {command}",
        f"temporary file {log}",
        f"the stack's file {backup}",
    }
    assert [str(hit) for hit in hits if hit.secret != f"{NAME}.result"] == [
        f"the broker's token of reader stands in given file {folder / 'token.txt'}"
    ]
    assert all(len(str(hit)) < 300 for hit in hits), "a hit does not repeat the secret"


@pytest.mark.usefixtures("temporary")
def test_the_command_line_lists_hits_and_fails(quiet: Live, canary: str, folder: Path) -> None:
    (folder / "report.html").write_text(canary)
    done = leasehold("scan", quiet.run.name, str(folder), "--json")
    assert done.returncode == 11, done.stderr
    assert json.loads(done.stdout)["hits"] == [
        {"secret": f"{NAME}.result", "place": f"given file {folder / 'report.html'}"}
    ]
    assert canary not in done.stdout + done.stderr


@contextmanager
def waiting(environment: dict[str, str], *words: str) -> Iterator[int]:
    command = [sys.executable, "-c", "input()", *words]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()
