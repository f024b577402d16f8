"""The scan finds a credential wherever one is planted, and none in a run that nobody has touched."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leasehold.scan import look, scan
from leasehold.scan.places import places_of

from .support import COMMAND, PROJECT, Live, generated, image_of, stack_files

NAME = "environment-broker-provisioner"


@pytest.fixture(scope="module")
def canary(live: Live) -> str:
    return generated(live.run.name, NAME)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that is gone after the test: what is planted in it would be found by the next."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def places(live: Live, *more: Path) -> list[str]:
    found = scan(live.run, more)
    assert found.secrets > 10
    assert all(len(str(hit)) < 300 for hit in found.hits), "a hit does not repeat the secret"
    return [hit.place for hit in found.hits]


def test_a_run_in_good_order_has_no_hit(live: Live) -> None:
    assert places(live) == []


@pytest.mark.parametrize("inside", [False, True])
def test_a_command_that_works_as_a_lease_has_its_password_in_the_file_alone(live: Live, inside: bool) -> None:
    where = ["--inside", "--image", image_of("probe")] if inside else []
    words = [
        "exec",
        live.run.name,
        "--role",
        "reader",
        *where,
        "--",
        "sh",
        "-c",
        "trap exit TERM; cat $PGPASSFILE; sleep 60 & wait",
    ]
    with subprocess.Popen([*COMMAND, *words], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            password = process.stdout.readline().strip().rpartition(":")[2]
            assert len(password) >= 20
            hits = [hit.place for hit in look({password: "its password"}, places_of(live.run))]
        finally:
            process.terminate()
    printed = [place for place in hits if place.startswith("log of container")]  # by the command itself
    assert len(printed) == inside
    assert [place for place in hits if place not in printed] == []


def test_a_token_in_a_report(live: Live, folder: Path) -> None:
    live.issuer.revoke(live.issuer.lease("reader"))
    (folder / "report.txt").write_text(live.issuer.tokens()["reader"])
    assert {hit.secret for hit in scan(live.run, [folder]).hits} == {"the broker's token of reader"}


def test_pulumis_debug_log_shows_secrets_and_the_scan_says_so(live: Live) -> None:
    hits = scan(live.run, debug=True).hits
    assert {hit.place for hit in hits} == {"Pulumi's debug log of a preview"}


def test_a_password_in_a_report(live: Live, canary: str, folder: Path) -> None:
    (folder / "junit.xml").write_text(f"<failure>{canary}</failure>")
    assert places(live, folder) == [f"given file {folder / 'junit.xml'}"]


def test_a_password_in_an_environment_variable(live: Live, canary: str) -> None:
    with waiting({"PGPASSWORD": canary}) as pid:
        [place] = places(live)
    assert place.startswith(f"environment of process {pid}")


def test_a_password_on_a_command_line(live: Live, canary: str) -> None:
    with waiting({}, canary) as pid:
        [place] = places(live)
    assert place.startswith(f"command line of process {pid}")


def test_a_debug_log_that_prints_a_credential(live: Live, canary: str) -> None:
    log = Path("/tmp") / f"leasehold-test-{live.run.name}.log"
    log.write_text(f"DEBUG connecting with password={canary}\n")
    try:
        assert places(live) == [f"temporary file {log}"]
    finally:
        log.unlink()


def test_a_password_in_a_state(live: Live, canary: str) -> None:
    backup = next(path for path in stack_files(live.run.name) if path.name.endswith(".json")).with_suffix(".json.bak2")
    backup.write_text(json.dumps({"plain": canary}))
    try:
        assert places(live) == [f"the stack's file {backup}"]
    finally:
        backup.unlink()


def test_the_command_line_lists_hits_and_fails(live: Live, canary: str, folder: Path) -> None:
    (folder / "report.html").write_text(canary)
    command = [sys.executable, "-m", "leasehold.cli", "scan", live.run.name, str(folder), "--json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
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
