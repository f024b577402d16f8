"""Many runs alive side by side on one engine: up, used, down; seconds and memory of each.

At most `--at-once` are being made or destroyed at a time. Each is used by a lease that connects. Memory is what this
host has more in use once all are up, divided by the runs.
"""

import argparse
import json
import secrets
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil

PROGRAM = ("--program", "benchmarks.programs:declare")
CONNECT = "import psycopg; psycopg.connect().execute('SELECT 1')"
COMMANDS = {
    "up": ("up", "{name}", *PROGRAM),
    "use": ("exec", "{name}", *PROGRAM, "--role", "owner", "--", sys.executable, "-c", CONNECT),
    "down": ("down", "{name}", "--wait", *PROGRAM),
}


def timed(what: str, name: str) -> float:
    """Have a process of its own do something with a run; return how long it took, in seconds."""
    began = time.perf_counter()
    words = [word.format(name=name) for word in COMMANDS[what]]
    done = subprocess.run([sys.executable, "-m", "leasehold.cli", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{what} of {name} failed: {done.stderr}")
    return time.perf_counter() - began


def used_mib() -> float:
    """Return how much memory of this host is in use, in MiB."""
    memory = psutil.virtual_memory()
    return (memory.total - memory.available) / 2**20


def main() -> None:
    """Measure; print a line of JSON with medians and the longest, in seconds, and MiB a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=4)
    asked = parser.parse_args()
    names = [f"crowd-{secrets.token_hex(3)}" for _ in range(asked.runs)]
    before = used_mib()
    told: dict[str, object] = {"runs": asked.runs, "at_once": asked.at_once}

    def all_of(what: str) -> None:
        taken = list(pool.map(timed, [what] * len(names), names))
        told[what] = {"median": round(statistics.median(taken), 2), "longest": round(max(taken), 2)}

    with ThreadPoolExecutor(asked.at_once) as pool:
        try:
            all_of("up")
            all_of("use")
            told["mib_each"] = round((used_mib() - before) / asked.runs)
        finally:
            all_of("down")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
