"""A session of tests within another, in the same process: `pytester`, and whoever calls `pytest.main`."""

import subprocess
import sys
from pathlib import Path

from .support import PROJECT

INI = f"[pytest]\nleasehold_program = {PROJECT}\nleasehold_audit = false\nleasehold_short_names = true\n"
OUTER = """
import leasehold, pytest
from leasehold.leases.client_header import client_id

def test_outer(leasehold_run, connect, tmp_path, request):
    before = client_id()
    (tmp_path / "pytest.ini").write_text("[pytest]")
    (tmp_path / "test_inner.py").write_text(
        "def test_inner(): pass\\n"
        "def test_that_expects():\\n"
        "    import leasehold\\n"
        "    with leasehold.expect_denial('reader'): pass\\n"
    )
    assert pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]) == 1
    assert client_id() == before
    assert leasehold.Run.get(leasehold_run.name).outputs == leasehold_run.outputs
    connection = connect("reader")
    with leasehold.expect_denial("reader", on="payroll"):
        connection.execute("SELECT * FROM shop.payroll")

def test_after(connect):
    with connect("reader") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
"""


def test_a_nested_session_leaves_the_outer_ones_run_session_log_and_expectations(tmp_path: Path) -> None:
    migrations = f"leasehold_migrations = {PROJECT}/stacks/shop/migrations\n"
    (tmp_path / "pytest.ini").write_text(INI + migrations)
    (tmp_path / "test_outer.py").write_text(OUTER)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout.splitlines()[-1], done.stdout
