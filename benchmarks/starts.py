"""What we add to a start: pytest with the plugin and without, `leasehold --help` beside a bare interpreter.

In turns, on one machine; the medians of each, and their differences. The aims: a pytest start that does not use the
plugin takes less than 50 ms longer, `leasehold --help` less than 500 ms.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLUGIN = "leasehold.pytest_plugin"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "leasehold --help": [sys.executable, "-m", "leasehold.cli", "--help"],
    "pytest": PYTEST,
    "pytest with the plugin": [*PYTEST, "-p", PLUGIN],
}


def seconds(command: list[str], folder: str) -> float:
    """Run a command once; return how long it took, by the clock."""
    began = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # the plugin is named, so that it can be left out, too
    )
    return time.perf_counter() - began


def main() -> None:
    """Measure; print a line of JSON with medians in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        (Path(folder) / "test_theirs.py").write_text("def test_it(): pass\n")
        for command in COMMANDS.values():
            seconds(command, folder)  # compiled once
        for _ in range(rounds):
            for name, command in COMMANDS.items():
                taken[name].append(seconds(command, folder))
    medians = {name: round(1000 * statistics.median(times), 1) for name, times in taken.items()}
    told = {
        "rounds": rounds,
        "median_ms": medians,
        "plugin_adds_ms": round(medians["pytest with the plugin"] - medians["pytest"], 1),
        "help_adds_ms": round(medians["leasehold --help"] - medians["python -c pass"], 1),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
