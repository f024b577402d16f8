"""Sessions of the plugin, each in a folder of its own, and what they tell."""

import subprocess
from pathlib import Path

from leasehold.denials.model import Session
from leasehold.reports import jsonl
from tests import preloaded

from .support import PROJECT

INI = f"""
[pytest]
leasehold_program = {PROJECT}
leasehold_migrations = {PROJECT}/stacks/shop/migrations
leasehold_short_names = true
addopts = -p no:hypothesispytest
"""
MIGRATED_INI = "\n".join(line for line in INI.splitlines() if not line.startswith("leasehold_migrations"))
"""For a run whose own database is migrated, or a suite that migrates in a way of its own."""

PASSING = """
import pytest
@pytest.mark.parametrize("number", range(6))
def test_reading(connect, number):
    with connect("reader") as connection:
        count, user = connection.execute("SELECT count(*), current_user FROM orders").fetchone()
    assert count == 2 and user.startswith("reader_")
"""
"""Six tests that pass, each with a lease of its own."""


def session(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there; reports come into the folder `reports`."""
    command = ["-m", "pytest", "-p", "no:cacheprovider", "-rA", "--leasehold-report=reports", *words]
    return preloaded.run(command, cwd=folder)


def told(folder: Path) -> Session:
    """Read what the session told."""
    return jsonl.read((folder / "reports" / "denials.jsonl").read_text().splitlines())
