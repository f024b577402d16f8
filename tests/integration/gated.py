"""Sessions of the plugin, each in a folder of its own, and what they tell."""

import subprocess
import sys
from pathlib import Path

from leasehold.denials.model import Session
from leasehold.reports import jsonl

from .support import PROJECT

INI = f"""
[pytest]
leasehold_program = {PROJECT}
leasehold_migrations = {PROJECT}/stacks/shop/migrations
"""


def session(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there; reports come into the folder `reports`."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--leasehold-report=reports", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, check=False)


def told(folder: Path) -> Session:
    """Read what the session told."""
    return jsonl.read((folder / "reports" / "denials.jsonl").read_text().splitlines())
