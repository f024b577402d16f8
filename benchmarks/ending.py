"""How long a person waits for the end of a run: `leasehold down`, beside `leasehold --help` and `down --wait`.

In turns, on one machine, a run of the shop's program a round for each way of ending it. The aim: `down` takes less than
200 ms longer than the command's own start-up.
"""

import argparse
import json
import secrets
import statistics
import subprocess
import sys
import time
from pathlib import Path

from leasehold import Run
from leasehold.runs import name_locks
from stacks import shop

FOLDER = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "leasehold.cli"]
PAUSE = 0.1  # seconds between two looks at a run that is ending
WAYS = {"down": "--no-wait", "down --wait": "--wait"}


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
    taken: dict[str, list[float]] = {name: [] for name in ("--help", *WAYS, "until it is gone")}
    seconds("--help")  # compiled once
    for _ in range(rounds):
        for way, option in WAYS.items():
            name = Run.create(f"bench-{secrets.token_hex(3)}", program=shop.declare, keep=True).name
            taken["--help"].append(seconds("--help"))
            taken[way].append(seconds("down", name, option))
            if way == "down":
                taken["until it is gone"].append(taken[way][-1] + gone(name))
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
