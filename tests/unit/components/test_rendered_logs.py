"""What keeps logs bounded, with a real shell: on small files, and looking often."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from components.servers import logs
from leasehold.contract import KEPT, LOGS

EVENTS = "hups"


@contextmanager
def bounded(script: str, folder: Path) -> Iterator[None]:
    """Run a container's loop in a folder: it looks all the time, and a file of 2 KiB is long."""
    script = script.replace(LOGS, str(folder)).replace("kill -HUP 1", f"echo >>{folder}/{EVENTS}")
    script = script.replace(f"sleep {logs.LOOK}", "sleep 0.01")
    for size in (logs.FILE_SIZE * 1024, logs.FILE_SIZE * logs.FILES * 1024):
        script = script.replace(f"+{size}k", "+2k")
    loop = subprocess.Popen(["sh", "-c", script.replace("keep_bounded &", "keep_bounded")])
    try:
        yield
    finally:
        loop.kill()
        loop.wait()


def until(holds: Callable[[], bool]) -> None:
    while not holds():  # the test's own time limit ends what never comes
        time.sleep(0.01)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.json"))


def test_only_the_last_files_of_a_log_are_kept(tmp_path: Path) -> None:
    written = [f"20261126T0000{number:02}.json" for number in range(logs.FILES + 4)]
    for name in written:
        (tmp_path / name).write_text("line\n")
    with bounded(logs.BOUND_DATABASE, tmp_path):
        until(lambda: len(names(tmp_path)) == logs.FILES)
    assert names(tmp_path) == written[4:]


STARTED = '{"error_severity":"LOG","message":"starting PostgreSQL 18.0"}'
CONNECTED = '{"user":"x-1","error_severity":"LOG","message":"connection authorized: user=x-1","statement":""}'
FORGED = r'{"error_severity":"LOG","message":"statement: SELECT \"message\":\"connection authorized: "}'


def test_of_a_database_file_that_is_removed_its_connections_are_kept(tmp_path: Path) -> None:
    kept = tmp_path / KEPT.rpartition("/")[2]
    for number in range(logs.FILES + 2):
        lines = {0: [STARTED, FORGED], 1: [CONNECTED, "another line"]}.get(number, ["{}"])
        (tmp_path / f"20261126T0000{number:02}.json").write_text("".join(f"{line}\n" for line in lines))
    with bounded(logs.BOUND_DATABASE, tmp_path):
        until(lambda: len(names(tmp_path)) == logs.FILES)
    assert kept.read_text().splitlines() == [STARTED, CONNECTED]


def test_the_broker_goes_on_in_another_file_when_one_is_long(tmp_path: Path) -> None:
    current = tmp_path / "current.json"
    with bounded(logs.BOUND_BROKER, tmp_path):
        current.write_text("short\n")
        until(lambda: names(tmp_path) == ["current.json"])
        current.write_text("x" * 5000)
        until(lambda: not current.exists())
        until((tmp_path / EVENTS).exists)
        current.write_text("next\n")  # as the broker does then
    first, second = names(tmp_path)
    assert (first < second, second) == (True, "current.json")
    assert (tmp_path / first).read_text() == "x" * 5000


def test_the_gateways_log_is_cut_and_that_is_told(tmp_path: Path) -> None:
    current = tmp_path / "current.json"
    current.write_text("x" * 5000)
    with bounded(logs.BOUND_GATEWAY, tmp_path):
        until(lambda: current.stat().st_size == 0)
    assert len(list(tmp_path.glob("cut.*"))) == 1
