"""Commands that work as a lease: what they are given, how they end, and what is left of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from leasehold import Lease, Run

from .support import COMMAND, PROJECT, Live, leasehold

WHO = "SELECT session_user"


def python(live: Live, role: str, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a lease."""
    return leasehold("exec", live.run.name, "--role", role, *options, "--", sys.executable, "-c", code)


def logins(live: Live, role: str) -> set[str]:
    with live.issuer.lease("auditor").connect() as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{role}_%"]).fetchall()
    return {row[0] for row in rows}


def test_exec_works_as_a_lease_and_revokes_it(live: Live, lease: Callable[[str], Lease]) -> None:
    held = lease("reader")
    code = f"import psycopg; print(psycopg.connect().execute({WHO!r}).fetchone()[0])"
    done = python(live, "reader", code)
    user = done.stdout.strip()
    assert user.startswith("reader_"), done.stderr
    there = logins(live, "reader")
    assert held.user in there
    assert user not in there


def test_the_password_is_in_a_file_in_memory_alone(live: Live) -> None:
    code = """
import os, stat, subprocess
path = os.environ["PGPASSFILE"]
password = open(path).read().strip().rpartition(":")[2]
assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
assert subprocess.check_output(["stat", "-f", "-c", "%T", "-L", path], text=True).strip() == "tmpfs"
assert password and "PGPASSWORD" not in os.environ
for place in ("cmdline", "environ"):
    for pid in (os.getpid(), os.getppid()):
        assert password.encode() not in open(f"/proc/{pid}/{place}", "rb").read()
print(path)
"""
    done = python(live, "reader", code)
    assert done.returncode == 0, done.stderr
    assert not Path(done.stdout.strip()).exists()


def test_the_password_is_in_the_environment_when_asked_for(live: Live) -> None:
    code = "import os; assert os.environ['PGPASSWORD'] and 'PGPASSFILE' not in os.environ"
    assert python(live, "reader", code, "--password-in-environment").returncode == 0


def test_the_exit_status_is_the_commands(live: Live) -> None:
    """That of a command that succeeds, other tests look at."""
    assert python(live, "reader", "raise SystemExit(42)").returncode == 42


def test_a_command_that_is_not_there(live: Live) -> None:
    assert leasehold("exec", live.run.name, "--role", "reader", "--", "no-such-command").returncode == 127
    assert leasehold("exec", live.run.name, "--role", "reader").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_passed_on(live: Live, number: signal.Signals) -> None:
    code = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda got, _: sys.exit(got + 50))
print(os.environ["PGUSER"], flush=True)
signal.pause()
"""
    command = [*COMMAND, "exec", live.run.name, "--role", "reader", "--", sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as running:
        assert running.stdout
        user = running.stdout.readline().strip()
        running.send_signal(number)
        assert running.wait() == number + 50
    assert user not in logins(live, "reader")


def test_a_signal_that_ends_the_command(live: Live) -> None:
    assert python(live, "reader", "import os; os.kill(os.getpid(), 9)").returncode == 128 + 9


def test_a_killed_exec_leaves_no_password(live: Live) -> None:
    code = "import os; print(os.environ['PGPASSFILE'], flush=True); input()"
    command = [*COMMAND, "exec", live.run.name, "--role", "reader", "--", sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout
        path = Path(running.stdout.readline().strip())
        assert path.exists()
        running.kill()
        running.wait()
        assert not path.exists()


def test_a_lease_is_renewed_while_the_command_lives(short_terms: Run) -> None:
    """The command takes longer than the lease's term, which is declared: ten seconds."""
    seconds = short_terms.outputs.roles["guest"].term + 3
    code = f"import psycopg, time; time.sleep({seconds}); print(psycopg.connect().execute({WHO!r}).fetchone()[0])"
    done = leasehold("exec", short_terms.name, "--role", "guest", "--", sys.executable, "-c", code)
    assert done.stdout.startswith("guest_"), done.stderr


PSQL = """#!{python}
import os, sys, psycopg
assert sys.argv[1] == "-XAtc"
try:
    print(psycopg.connect().execute(sys.argv[2]).fetchone()[0])
except psycopg.Error as error:
    sys.exit(str(error))
"""


def test_psql_works_as_a_lease(live: Live, tmp_path: Path) -> None:
    """The first `psql` on PATH gets a lease, and what follows the role. Here it is one of ours, on any machine."""
    program = tmp_path / "psql"
    program.write_text(PSQL.format(python=sys.executable))
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    words = ["psql", live.run.name, "--role", "reader", "-XAtc"]
    done = leasehold(*words, WHO, env=environment)
    assert done.stdout.startswith("reader_"), done.stderr
    assert done.stdout.strip() not in logins(live, "reader")
    refused = leasehold(*words, "SELECT * FROM shop.payroll", env=environment)
    assert "permission denied for table payroll" in refused.stderr
    assert refused.returncode == 1


def test_psql_is_missing(live: Live, tmp_path: Path) -> None:
    done = leasehold("psql", live.run.name, "--role", "reader", env={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "`psql` is not on PATH. Install PostgreSQL's client" in done.stderr


def test_an_ended_lease_cannot_come_back(live: Live) -> None:
    code = "import os; print(os.environ['PGUSER'], open(os.environ['PGPASSFILE']).read())"
    user, line = python(live, "reader", code).stdout.split(maxsplit=1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=live.outputs.gateway.host,
            port=live.outputs.gateway.database_port,
            dbname=live.outputs.database,
            user=user,
            password=line.strip().rpartition(":")[2],
        )
