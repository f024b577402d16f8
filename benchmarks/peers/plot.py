"""The picture of what a test costs: for each contender a box from the quarter to three quarters, and its whiskers."""

import subprocess
import sys
from json import dumps
from pathlib import Path

from leasehold import paths

_DRAW = """
import json, sys, matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
taken, file = json.load(sys.stdin), sys.argv[1]
figure, axes = pyplot.subplots(figsize=(9, 0.6 * len(taken) + 1.4), layout="constrained")
names = list(taken)[::-1]
boxes = [taken[name] for name in names]
axes.boxplot(boxes, orientation="horizontal", tick_labels=names, whis=(5, 95), showfliers=False)
axes.set_xscale("log")
ticks = [5, 10, 20, 50, 100, 200, 500, 1000, 2000]
axes.set_xticks(ticks, labels=[str(tick) for tick in ticks])
axes.minorticks_off()
axes.set_xlabel("milliseconds a test (box: 25 to 75 %, whiskers: 5 to 95 %)")
axes.grid(axis="x", which="both", alpha=0.3)
figure.savefig(file)
"""


def plot(taken: dict[str, list[float]], file: Path) -> None:
    """Draw what was measured.

    Args:
        taken: Milliseconds of each test, by contender.
        file: Where to.
    """
    subprocess.run([_python(), "-c", _DRAW, str(file)], input=dumps(taken).encode(), check=True)


def _python() -> str:
    """Return the Python of an environment with matplotlib, made once: nothing else of ours needs it."""
    folder = paths.cache() / "benchmarks" / "plots"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "matplotlib"], check=True)
        (folder / "done").touch()
    return str(python)
