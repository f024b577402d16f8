"""What people have in their shells, and where they stand, is nothing to a run."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests import preloaded

from .support import PROJECT, PROJECTS, Live, leasehold

LIBPQ = {
    "PGHOST": "db.example.com",
    "PGHOSTADDR": "192.0.2.1",
    "PGPORT": "1",
    "PGUSER": "mine",
    "PGPASSWORD": "mine",
    "PGDATABASE": "mine",
    "PGSERVICE": "production",
    "PGSSLMODE": "disable",
    "PGSSLCERT": "/nowhere",
    "PGSSLCRL": "/nowhere",
    "PGSSLROOTCERT": "system",
    "PGOPTIONS": "-c no_such_setting=1",
    "PGTARGETSESSIONATTRS": "standby",
    "PGREQUIREAUTH": "none",
    "PGGSSENCMODE": "require",
    "PGCHANNELBINDING": "require",
    "PGCONNECT_TIMEOUT": "not a number",
}
"""Each alone would have a connection fail, or go elsewhere."""


@pytest.mark.parametrize("name", sorted(LIBPQ))
def test_a_lease_connects_whatever_libpq_finds_in_the_shell(
    live: Live, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, LIBPQ[name])
    lease = live.issuer.lease("reader")
    try:
        with lease.connect() as connection:
            assert connection.execute("SELECT session_user").fetchone() == (lease.user,)
        assert os.environ[name] == LIBPQ[name]
    finally:
        live.issuer.revoke(lease)


def test_the_shells_settings_do_sway_others(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without care, they would."""
    lease = live.issuer.lease("reader")
    monkeypatch.setenv("PGOPTIONS", LIBPQ["PGOPTIONS"])
    with pytest.raises(psycopg.OperationalError, match="no_such_setting"):
        psycopg.connect(**lease.parameters)
    live.issuer.revoke(lease)


def test_commands_find_the_lease_and_nothing_else(live: Live) -> None:
    found = leasehold(
        "exec", live.run.name, "--role", "reader", "--", "sh", "-c", "env | grep ^PG | cut -d= -f1 | sort",
        env={**os.environ, **LIBPQ, "PGAPPNAME": "mine"},
    )  # fmt: skip
    names = ["PGAPPNAME", "PGDATABASE", "PGHOST", "PGPASSFILE", "PGPORT", "PGSSLMODE", "PGSSLROOTCERT", "PGUSER"]
    assert found.stdout.split() == names, found.stderr
    audited = leasehold("audit", live.run.name, env={**os.environ, **LIBPQ})
    findings = [line for line in audited.stdout.splitlines() if not line.startswith(("in the log: ", "Every role"))]
    assert findings == [], audited.stdout + audited.stderr  # the log may tell of other tests on the run


def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    """One sentence, for each command that writes."""
    nobody = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "XDG_"))}
    for words in (("up", "--program", str(PROJECT)), ("exec", "x", "--role", "y", "--", "true"), ("down", "x")):
        done = leasehold(*words, env={**nobody, "HOME": "/proc/nobody"}, cwd=PROJECT)
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert line.startswith("leasehold: The folder /proc/nobody/.local/state/leasehold/")
        assert "set XDG_STATE_HOME" in line


def test_folders_of_any_name_and_a_home_that_cannot_be_written(
    tmp_path: Path, new_name: Callable[[], str], live: Live
) -> None:
    odd = tmp_path / 'it\'s a "$HOME" \\ ü'
    odd.mkdir()
    found = leasehold(
        "exec", live.run.name, "--role", "reader", "--", "sh", "-c", 'test -r "$PGPASSFILE" && echo there',
        env={**os.environ, "TMPDIR": str(odd)},
    )  # fmt: skip
    assert found.stdout == "there\n", found.stderr
    settings = {"TMPDIR": str(odd), "XDG_STATE_HOME": str(odd / "state"), "HOME": "/proc/nobody"}
    run = new_name()
    up = leasehold("up", run, "--program", str(PROJECTS / "short_terms"), env={**os.environ, **settings})
    assert up.returncode == 0, up.stderr
    down = leasehold("down", run, env={**os.environ, **settings})
    assert down.returncode == 0, down.stderr


def command_where_nothing_is(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder that is removed first."""
    (folder / "gone").mkdir()
    script = folder / "in_a_folder_that_is_gone.py"
    script.write_text(GONE)
    return preloaded.run([str(script), *words], cwd=folder)


GONE = """
import os
from leasehold.cli.app import main
os.chdir("gone")
os.rmdir(os.getcwd())
main()
"""


@pytest.mark.parametrize("words", [("list",), ("show", "no-such-run"), ("down", "no-such-run"), ("sweep", "--help")])
def test_a_folder_that_is_gone(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = command_where_nothing_is(tmp_path, *words)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 3), done.stderr


def test_up_in_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    done = command_where_nothing_is(tmp_path, "up")
    assert done.stderr.startswith("leasehold: The current folder is gone.")
    assert done.returncode == 1
