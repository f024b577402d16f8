"""The command line, as people and pipelines use it: what it prints, how it exits, what it leaves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from leasehold import claims

from .support import COMMAND, PROJECT, Live, leasehold, spent_by_children

WHO = "SELECT session_user"


def as_json(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def python(live: Live, role: str, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a lease."""
    return leasehold("exec", live.run.name, "--role", role, *options, "--", sys.executable, "-c", code)


def logins(live: Live, role: str) -> set[str]:
    with live.issuer.lease("auditor").connect() as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{role}-%"]).fetchall()
    return {row[0] for row in rows}


def test_up_list_show_down(new_name: Callable[[], str]) -> None:
    name = new_name()
    made = as_json(leasehold("up", name, "--json", "--term", "600"))
    assert made["run"] == name
    assert set(made["stages"]) == {"network", "database", "broker", "door", "secrets"}
    listed = {run["run"]: run for run in as_json(leasehold("list", "--json"))}
    assert listed[name]["state"] == "up"
    assert listed[name]["kept"] is True
    assert len(listed[name]["containers"]) == 3
    assert name in leasehold("list").stdout
    shown = as_json(leasehold("show", name, "--json"))
    assert {role["role"] for role in shown["roles"]} == {"auditor", "migrator", "reader", "writer"}
    assert shown.items() <= made.items()
    assert "secret" not in json.dumps(shown)
    ended = as_json(leasehold("down", name, "--json"))
    assert ended["notes"] == []
    assert set(ended["left"]) == {
        "containers",
        "networks",
        "volumes",
        "stacks",
        "leases",
        "processes",
        "temporary_files",
    }
    assert not any(ended["left"].values())
    assert claims.find(name) is None


def test_up_names_a_run_and_prints_the_name_alone(new_name: Callable[[], str]) -> None:
    done = leasehold("up")
    name = done.stdout.strip()
    try:
        assert re.fullmatch(r"[a-z]+-[a-z]+-[0-9a-f]{6}", name), done
        assert "up: network ..." in done.stderr
        assert "\x1b" not in done.stderr + done.stdout, "no colours outside a terminal"
    finally:
        said = leasehold("down", name).stderr
    assert f"Nothing of run {name} is left" in said


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["show", "no-such-run"], 3, "There is no run 'no-such-run'"),
        (["down", "no-run-either"], 3, "There is no run 'no-run-either'"),
        (["up", "No_Name"], 1, "cannot be a run's name"),
        (["up", "--no-such-option"], 2, "No such option"),
        (["up", "x", "--program", "nowhere:nothing"], 1, "There is no program 'nowhere:nothing'"),
        (["up", "x", "--program", "/"], 1, "There is no Pulumi project in /"),
    ],
)
def test_a_mistake_is_one_paragraph(words: list[str], status: int, message: str) -> None:
    done = leasehold(*words)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_that_is_there_and_a_role_that_is_not(live: Live) -> None:
    assert leasehold("up", live.run.name).returncode == 4
    done = python(live, "boss", "")
    assert done.returncode == 6
    assert "declares no role 'boss'" in done.stderr


def test_docker_is_not_running() -> None:
    done = leasehold("list", env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert done.returncode == 8
    assert "The Docker Engine does not answer" in done.stderr


def test_exec_works_as_a_lease_and_revokes_it(live: Live) -> None:
    code = f"import psycopg; print(psycopg.connect().execute({WHO!r}).fetchone()[0])"
    done = python(live, "reader", code)
    user = done.stdout.strip()
    assert user.startswith("reader-"), done.stderr
    assert user not in logins(live, "reader")


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


@pytest.mark.parametrize("status", [0, 3, 42])
def test_the_exit_status_is_the_commands(live: Live, status: int) -> None:
    assert python(live, "reader", f"raise SystemExit({status})").returncode == status


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
        assert running.wait(timeout=30) == number + 50
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


def test_a_lease_is_renewed_while_the_command_lives(make_run: Callable[..., Any]) -> None:
    run = make_run(Path(__file__).parent / "projects" / "short_terms")
    role, seconds = min(((name, role.term) for name, role in run.outputs.roles.items()), key=lambda pair: pair[1])
    code = f"import psycopg, time; time.sleep({seconds + 3}); print(psycopg.connect().execute({WHO!r}).fetchone()[0])"
    done = leasehold("exec", run.name, "--role", role, "--", sys.executable, "-c", code)
    assert done.stdout.startswith(f"{role}-"), done.stderr


def test_psql(live: Live) -> None:
    done = leasehold("psql", live.run.name, "--role", "reader", "-XAtc", WHO)
    if not shutil.which("psql"):
        assert done.returncode == 1
        assert "`psql` is not on PATH. Install PostgreSQL's client" in done.stderr
        return
    assert done.stdout.startswith("reader-"), done.stderr
    refused = leasehold("psql", live.run.name, "--role", "reader", "-XAtc", "SELECT * FROM shop.payroll")
    assert "permission denied for table payroll" in refused.stderr
    assert refused.returncode == 1


def test_sweep_and_doctor(live: Live) -> None:
    swept = as_json(leasehold("sweep", "--json"))
    assert live.run.name not in {run["run"] for run in swept}
    parts = {row["part"]: row["state"] for row in as_json(leasehold("doctor", "--json"))}
    assert parts["Docker Engine"] == parts["Pulumi"] == "ok"


def test_help_names_every_command() -> None:
    done = leasehold("--help")
    for command in ("up", "list", "show", "exec", "psql", "down", "sweep", "doctor"):
        assert command in done.stdout
    before = spent_by_children()
    leasehold("exec", "--help")
    assert spent_by_children() - before < 5


def test_an_ended_lease_cannot_come_back(live: Live) -> None:
    code = "import os; print(os.environ['PGUSER'], open(os.environ['PGPASSFILE']).read())"
    user, line = python(live, "reader", code).stdout.split(maxsplit=1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=live.outputs.door.host,
            port=live.outputs.door.database_port,
            dbname=live.outputs.database,
            user=user,
            password=line.strip().rpartition(":")[2],
        )
