"""How long a person waits for the end of a run: `leasehold down`, beside `leasehold --help` and `down --wait`; and the
end of a pytest session, from its last test on, with and without the audit of what roles can do, beside one that waits.

In turns, on one machine, a run of the shop's program a round for each way of ending it. The aim: `down` takes less than
200 ms longer than the command's own start-up, and the end of a session's run, too.
"""

import argparse
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from leasehold import Run
from leasehold.runs import name_locks
from stacks import shop

FOLDER = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "leasehold.cli"]
PAUSE = 0.1  # seconds between two looks at a run that is ending
WAYS = {"down": "--no-wait", "down --wait": "--wait"}

NO_WAIT, NO_AUDIT = ("-o", "leasehold_wait=false"), ("--leasehold-no-audit",)
SESSIONS = {
    "session's end": (*NO_WAIT, *NO_AUDIT),
    "session's end, audit": NO_WAIT,
    "session's end, waiting": ("--leasehold-wait", *NO_AUDIT),
}
TESTS = """
import pytest
@pytest.mark.parametrize("number", range(20))
def test_uses_a_run(leasehold_connect, number):
    with leasehold_connect("reader") as connection:
        connection.execute("SELECT 1")
"""
CLOCK = """
import json, time, pathlib, pytest
from leasehold.pytest_plugin.shared_run import SharedRun
took, end = {}, SharedRun.end
def timed_end(self):
    began = time.perf_counter()
    end(self)
    took["its run"] = time.perf_counter() - began
SharedRun.end = timed_end
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish():
    began = time.perf_counter()
    yield
    took["end"] = time.perf_counter() - began
    pathlib.Path(__file__).with_name("took").write_text(json.dumps(took))
"""


def end_of_session(*words: str) -> dict[str, float]:
    """Have a session; return how long its end took, by the clock, and the part of it in which its run is ended."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("test_it.py", TESTS), ("conftest.py", CLOCK), ("pytest.ini", "[pytest]\n")):
            Path(folder, name).write_text(text)
        alone = ("-p", "no:hypothesispytest")  # it is imported at the end
        command = [sys.executable, "-m", "pytest", "-q", *alone, f"--leasehold-program={FOLDER}", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return dict(json.loads(Path(folder, "took").read_text()))


def seconds(*words: str) -> float:
    """Run the command once; return how long it took, by the clock."""
    began = time.perf_counter()
    subprocess.run([*COMMAND, *words], cwd=FOLDER, check=True, capture_output=True)
    return time.perf_counter() - began


def gone(name: str) -> float:
    """Wait until a run is gone; return how long that took."""
    began = time.perf_counter()
    while name_locks.find(name):
        time.sleep(PAUSE)
    return time.perf_counter() - began


def main() -> None:
    """Measure; print a line of JSON with medians in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = defaultdict(list)
    seconds("--help")  # compiled once
    for _ in range(rounds):
        for way, option in WAYS.items():
            name = Run.create(f"bench-{secrets.token_hex(3)}", program=shop.declare, keep=True).name
            taken["--help"].append(seconds("--help"))
            taken[way].append(seconds("down", name, option))
            if way == "down":
                taken["until it is gone"].append(taken[way][-1] + gone(name))
        for way, words in SESSIONS.items():
            took = end_of_session(*words)
            taken[way].append(took["end"])
            taken[f"{way}: its run"].append(took["its run"])
            while any(one.is_ending for one in name_locks.every()):  # the next one is measured alone
                time.sleep(PAUSE)
    medians = {name: round(1000 * statistics.median(times), 1) for name, times in taken.items()}
    told = {
        "rounds": rounds,
        "median_ms": medians,
        "down_adds_ms": round(medians["down"] - medians["--help"], 1),
        "down_to_help": round(medians["down"] / medians["--help"], 2),
        "wait_to_help": round(medians["down --wait"] / medians["--help"], 1),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
