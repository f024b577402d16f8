"""What a test costs with a fresh database of its own: Leasehold beside its peers, in turns, on one machine.

Each test's time is taken by the clock, with all that its fixtures do before and after it, so that what is done behind
it counts as far as it holds the next one up. The peers connect as one superuser, without TLS, to a server in memory;
ours is a kept run as it always is. Aims: a writing test takes at most 25 ms and less than 0.9 of IntegreSQL's, one that
only reads at most 10 ms, and the 95th of a hundred at most twice the median.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from leasehold.errors import RunNotFoundError
from leasehold.runs.run import destroy

from . import built
from .plot import plot
from .server import IMAGE, START, integresql, migrations, server
from .suites import CONTENDERS, OURS, PROJECT, Contender, write

WARM = 10
"""So many tests of each session are left out: a session's first ones make what the others find."""


def session(contender: Contender, tests: int, names: dict[str, Any], run: str) -> list[float]:
    """Run a contender's suite once; return what each test took, in milliseconds."""
    if not contender.fixtures:
        return in_go(tests, names)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, contender, tests, names)
        words = [*contender.words, *([f"--leasehold-run={run}"] if contender.name.startswith(OURS) else [])]
        env = {**os.environ, "TESTCONTAINERS_RYUK_DISABLED": "true"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return [1000 * seconds for seconds in json.loads((folder / "taken").read_text())]


def in_go(tests: int, names: dict[str, Any]) -> list[float]:
    """Run pgtestdb's tests once, which pytest is no part of; return what each took, in milliseconds."""
    told = {"port": names["PORT"], "password": names["PASSWORD"], "migrations": names["MIGRATIONS"], "tests": tests}
    done = subprocess.run([built.pgtestdb()], input=json.dumps(told).encode(), stdout=subprocess.PIPE, check=True)
    return [1000 * seconds for seconds in json.loads(done.stdout)]


def p95(taken: list[float]) -> float:
    """Return what 95 of 100 take at most."""
    return statistics.quantiles(taken, n=20)[-1]


def main() -> None:
    """Measure; print a table, and write what was measured if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.peers")
    parser.add_argument("--tests", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", default=[], help="contenders whose names begin so")
    parser.add_argument("--json", type=Path, help="a file for all that was measured")
    parser.add_argument("--plot", type=Path, help="a file for the picture: .svg or .png")
    asked = parser.parse_args()
    contenders = [one for one in CONTENDERS if not asked.only or one.name.startswith(tuple(asked.only))]
    taken: dict[str, list[float]] = {one.name: [] for one in contenders}
    run = f"peers-{secrets.token_hex(3)}"
    try:
        with server() as made, integresql(made) as port:
            names = {"DSN": made.dsn, "PORT": made.port, "PASSWORD": made.password, "INTEGRESQL": port}
            names |= {"MIGRATIONS": migrations(), "IMAGE": IMAGE, "START": START}
            for one in contenders:
                session(one, min(asked.tests, WARM), names, run)  # makes its server and its template
            for number in range(asked.rounds):
                for one in contenders[:: -1 if number % 2 else 1]:
                    new = session(one, asked.tests, names, run)
                    taken[one.name] += new[WARM:] or new
    finally:
        with suppress(RunNotFoundError):
            destroy(run, program=PROJECT)
    show(taken)
    if asked.json:
        asked.json.write_text(json.dumps(taken))
    if asked.plot:
        plot(taken, asked.plot)


def show(taken: dict[str, list[float]]) -> None:
    """Print medians and means, and what the means are of the best peer's: a mean is what a whole suite pays."""
    table = Table("milliseconds a test", "median", "mean", "p95", "p95 / median", "mean, of IntegreSQL's")
    for name, times in taken.items():
        middle, mean = statistics.median(times), statistics.mean(times)
        peer = taken.get("IntegreSQL, tests that only read" if "only read" in name else "IntegreSQL")
        ratio = f"{mean / statistics.mean(peer):.2f}" if peer else ""
        table.add_row(name, f"{middle:.1f}", f"{mean:.1f}", f"{p95(times):.1f}", f"{p95(times) / middle:.2f}", ratio)
    Console(highlight=False, width=None if sys.stdout.isatty() else 110).print(table)


if __name__ == "__main__":
    main()
