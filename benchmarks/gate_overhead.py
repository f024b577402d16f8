"""What it costs to read the servers' logs: 500 quick tests with the gate and without, in turns, on one warm run.

A session's own seconds are taken, as pytest tells them: without starting the interpreter. The aim: under 5 %.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from leasehold.run import destroy

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
"""
MODES = ("off", "fail")


def session(folder: Path, run: str, mode: str, workers: int) -> float:
    """Run the suite once; return its seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--leasehold-run={run}"]
    words = [f"--leasehold-denials={mode}", *(["-n", str(workers)] if workers else [])]
    done = subprocess.run([*command, *words], cwd=folder, capture_output=True, text=True, check=False)
    told = re.search(r"passed.* in ([0-9.]+)s", done.stdout)
    if done.returncode or not told:
        raise RuntimeError(done.stdout + done.stderr)
    return float(told[1])


def main() -> None:
    """Print the medians, and the median of the rounds' ratios: the machine's pace drifts from round to round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=0, help="of pytest-xdist; 0 for none")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    run = f"bench-{os.getpid()}"
    seconds: dict[str, list[float]] = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text(INI)
        (folder / "test_quick.py").write_text(SUITE.format(tests=options.tests))
        try:
            session(folder, run, "off", options.workers)  # creates the run, and warms everything
            for number in range(options.rounds):
                for mode in MODES if number % 2 else reversed(MODES):
                    seconds[mode].append(session(folder, run, mode, options.workers))
        finally:
            destroy(run, program=PROJECT)
    medians = {mode: statistics.median(taken) for mode, taken in seconds.items()}
    ratios = sorted(with_it / without - 1 for without, with_it in zip(seconds["off"], seconds["fail"], strict=True))
    share = 100 * statistics.median(ratios)
    if options.json:
        print(json.dumps({"seconds": seconds, "medians": medians, "overhead_percent": round(share, 1)}))
    else:
        spread = ", ".join(f"{100 * ratio:+.1f}" for ratio in ratios)
        print(f"without {medians['off']:.2f} s, with {medians['fail']:.2f} s: {share:+.1f} % (rounds: {spread})")


if __name__ == "__main__":
    main()
