"""Sessions of quick tests in two modes, in turns, on one warm run: what the second costs more than the first.

A session's own seconds are taken, as pytest tells them: without starting the interpreter. Beside them, the processor
time of the whole machine, which servers, engine and tests share: it says something on a machine that does nothing else.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from leasehold.runs.run import destroy

PROJECT = Path(__file__).parents[1]
SUITE = """
import pytest

@pytest.mark.parametrize("number", range({tests}))
def test_quick(connect, number):
    with connect("reader") as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
"""
INI = f"""
[pytest]
leasehold_program = {PROJECT}
leasehold_migrations = {PROJECT}/stacks/shop/migrations
leasehold_audit = false
leasehold_short_names = true
"""


@dataclass(frozen=True)
class Cost:
    """What a session took, in seconds: by the clock, and of the processors."""

    clock: float
    processor: float


def busy() -> float:
    """Return the processor time that this machine has spent since it started, in seconds."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def session(folder: Path, run: str, words: Sequence[str], workers: int) -> Cost:
    """Run the suite once; return what it took."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--leasehold-run={run}"]
    before = busy()
    done = subprocess.run(
        [*command, *words, *(["-n", str(workers)] if workers else [])],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.search(r"passed.* in ([0-9.]+)s", done.stdout)
    if done.returncode or not told:
        raise RuntimeError(done.stdout + done.stderr)
    return Cost(float(told[1]), busy() - before)


def in_turns(what: str, words: Mapping[str, Sequence[str]], modes: tuple[str, str]) -> None:
    """Run sessions in two modes in turns, and print what the second costs more than the first.

    Args:
        what: Says what is measured.
        words: By mode, arguments of pytest.
        modes: The two.
    """
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--tests", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=0, help="of pytest-xdist; 0 for none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    run = f"bench-{os.getpid()}"
    costs: dict[str, list[Cost]] = {mode: [] for mode in modes}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text(INI)
        (folder / "test_quick.py").write_text(SUITE.format(tests=options.tests))
        try:
            session(folder, run, words[modes[0]], options.workers)  # creates the run, and warms everything
            for number in range(options.rounds):
                for mode in modes if number % 2 else reversed(modes):
                    costs[mode].append(session(folder, run, words[mode], options.workers))
        finally:
            destroy(run, program=PROJECT)
    medians = {mode: statistics.median(cost.clock for cost in taken) for mode, taken in costs.items()}
    rounds = list(zip(costs[modes[0]], costs[modes[1]], strict=True))
    ratios = sorted(with_it.clock / without.clock - 1 for without, with_it in rounds)
    share = 100 * statistics.median(ratios)
    more = (
        1000 * statistics.median(with_it.processor - without.processor for without, with_it in rounds) / options.tests
    )
    if options.json:
        raw = {mode: [vars(cost) for cost in taken] for mode, taken in costs.items()}
        figures = {"overhead_percent": round(share, 1), "processor_milliseconds_a_test": round(more, 2)}
        print(json.dumps({"costs": raw, "medians": medians, **figures}))
    else:
        spread = ", ".join(f"{100 * ratio:+.1f}" for ratio in ratios)
        told = ", ".join(f"{mode} {seconds:.2f} s" for mode, seconds in medians.items())
        print(f"{told}: {share:+.1f} % (rounds: {spread})")
        print(f"processor time of the whole machine: {more:+.2f} ms a test")
