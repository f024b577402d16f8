"""A command migrates, with a lease as its environment: in a session of pytest, and in the shell."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from leasehold import Run
from leasehold.databases.clones import Databases

from .gated import MIGRATED_INI, session
from .support import PROJECT, Live, leasehold

TOOL = """
import os, sys
import psycopg

assert "PGPASSWORD" not in os.environ and ":@" not in os.environ["DATABASE_URL"]
with psycopg.connect(os.environ[sys.argv[1]] if len(sys.argv) > 1 else "") as connection:
    for line in open("changes.txt"):
        connection.execute(line)
print("a word of the tool's")
"""
TESTS = """
def test_tables(connect, url):
    import psycopg
    found = connect("migrator", owner=True).execute("SELECT relname FROM pg_class WHERE relname LIKE 'run_by%'")
    print("tables:", *sorted(name for (name,) in found.fetchall()))
    with psycopg.connect(url("migrator")) as connection:
        assert connection.pgconn.ssl_in_use
    parts = url("migrator", "{user}:{password}", password=True)
    assert parts.startswith("migrator_") and len(parts) > 20
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    command = f"leasehold_migrate_command = {sys.executable} tool.py OTHER_URL"
    files = {
        "pytest.ini": f"{MIGRATED_INI}\n{command}\nleasehold_migrate_env =\n    OTHER_URL={{url}}\n"
        "leasehold_migration_files = tool.py changes.txt\n",
        "tool.py": TOOL,
        "changes.txt": "CREATE TABLE shop.run_by_tool ()\n",
        "test_tables.py": TESTS,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def tables(folder: Path, warm: str) -> Callable[[], tuple[str, int]]:
    """Run the suite; return the tables that it met, and how many prepared databases there are."""

    def run() -> tuple[str, int]:
        done = session(folder, f"--leasehold-run={warm}", "-s")
        assert done.returncode == 0, done.stdout + done.stderr
        [line] = [line.partition("tables: ")[2] for line in done.stdout.splitlines() if "tables: " in line]
        databases = Databases(Run.get(warm, program=PROJECT).issuer)
        try:
            return line, len(databases.templates())
        finally:
            databases.close()

    return run


def test_a_command_is_known_by_its_words_and_files(folder: Path, tables: Callable[[], tuple[str, int]]) -> None:
    first, count = tables()
    assert first == "run_by_tool"
    assert tables() == (first, count)
    (folder / "changes.txt").write_text("CREATE TABLE shop.run_by_tool ()\nCREATE TABLE shop.run_by_tool_again ()\n")
    assert tables() == ("run_by_tool run_by_tool_again", count + 1)
    ini = (folder / "pytest.ini").read_text()
    (folder / "pytest.ini").write_text(ini.replace("OTHER_URL\n", "DATABASE_URL\n"))
    assert tables() == ("run_by_tool run_by_tool_again", count + 2)


def test_a_command_that_fails(folder: Path, warm: str) -> None:
    (folder / "changes.txt").write_text("CREATE TABLE shop.run_by_tool ()\nSELECT nothing_of_the_name\n")
    done = session(folder, f"--leasehold-run={warm}")
    assert done.returncode == 1
    assert "tool.py OTHER_URL` ended with exit status 1, so there is no migrated database" in done.stdout
    assert 'column "nothing_of_the_name" does not exist' in done.stdout


def test_a_command_and_a_folder(folder: Path, warm: str) -> None:
    with (folder / "pytest.ini").open("a") as file:
        file.write("leasehold_migrations = .\n")
    done = session(folder, f"--leasehold-run={warm}")
    assert "are both set, and it is not known which comes first" in done.stdout


def test_from_the_shell(live: Live, tmp_path: Path) -> None:
    """In the run's own database, which is left as it was."""
    (tmp_path / "tool.py").write_text(TOOL)
    (tmp_path / "changes.txt").write_text("CREATE TABLE shop.from_the_shell ()\n")
    words = ["migrate", live.run.name, "--program", str(PROJECT), "--env", "OTHER={url}", "--"]
    done = leasehold(*words, sys.executable, "tool.py", "OTHER", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "changes.txt").write_text("DROP TABLE shop.from_the_shell\n")
    assert leasehold(*words, sys.executable, "tool.py", cwd=tmp_path).returncode == 0
    assert leasehold(*words, sys.executable, "tool.py", cwd=tmp_path).returncode == 1


def test_a_folder_from_the_shell(live: Live, tmp_path: Path) -> None:
    """In the run's own database, which is left as it was."""
    (tmp_path / "1.sql").write_text("CREATE TABLE shop.from_a_folder ();\n")
    words = ["migrate", live.run.name, "--program", str(PROJECT), "--folder", "."]
    (tmp_path / "2.sql").write_text("DROP TABLE shop.from_a_folder;\nSELECT nothing_of_the_name;\n")
    refused = leasehold(*words, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "2.sql, line 2: the server refused this statement" in refused.stderr
    (tmp_path / "1.sql").unlink()
    (tmp_path / "2.sql").write_text("DROP TABLE shop.from_a_folder;\n")
    assert leasehold(*words, cwd=tmp_path).stdout == "2.sql\n"
    assert leasehold(*words, "--", "true", cwd=tmp_path).returncode == 2


def test_a_password_that_nobody_may_ask_for(live: Live) -> None:
    words = ["exec", live.run.name, "--role", "reader", "--env", "X={password}"]
    done = leasehold(*words, "--", "true")
    assert done.returncode == 1
    assert "--password-in-environment" in done.stderr
    assert leasehold(*words, "--password-in-environment", "--", "true").returncode == 0
