"""Start scripts: every server of a run ends by itself when the run's term does."""

from shlex import quote

from leasehold.contract import DATA, DATABASES, LOGS, OWN_STORAGE

from .logs import BOUND_BROKER, BOUND_DATABASE, BOUND_GATEWAY, GATEWAY_LOG

FOLDER = "/leasehold"
"""Where a server finds its files."""

SCRIPT = f"{FOLDER}/start.sh"

EXPIRES = "LEASEHOLD_EXPIRES"
"""Environment variable with the end of the term, in seconds since the epoch."""

CERTIFICATE, KEY, AUTHORITY = (f"{FOLDER}/{file}" for file in ("server.crt", "server.key", "authority.crt"))
"""A server's certificate and key, and the certificate of who signed it."""

DATABASE_KEY = f"{OWN_STORAGE}/server.key"
"""Where the database server reads its key: it insists on a file that its user alone may read (manual, 18.9)."""

LOG_DESCRIPTOR = 3
"""File descriptor that the gateway writes its log to."""

COPY_DATABASE_KEY = f"(umask 077 && cat {KEY} >{DATABASE_KEY}.new && mv {DATABASE_KEY}.new {DATABASE_KEY})"
"""Gives the server its key, at its start and whenever there is another one; it never meets half of one."""

# `timeout` counts from each start, so the time left is computed anew: a restart wins no time.
_START = """\
#!/bin/sh
set -eu
left=$(( {expires} - $(date +%s) ))
if [ "$left" -le 0 ]; then
  echo "leasehold: the term of this run has ended" >&2
  exit 1
fi
{setup}{run}
"""

_RUN = 'exec timeout -s TERM "$left" {command}'

# Where the server is not process 1 but this shell is: the shell passes signals on, and ends with the server.
_RUN_BESIDE = """\
{before}{command} &
server=$!
{opened}trap 'kill -{signal} "$server"' INT TERM
trap 'kill -HUP "$server"' HUP
(sleep "$left"; kill -{signal} "$server") &
status=0
while kill -0 "$server" 2>/dev/null; do wait "$server" && status=0 || status=$?; done
{after}exit "$status\""""

# The server's log has a process of its own, which goes on until it has written all, also when the server was killed:
# so the server stays as long as any of them holds the pipe. A killed server leaves files that name a process, which
# may be another by now: when it starts there is no such process in it.
_BEFORE_DATABASE = """\
[ -p {alive} ] || mkfifo -m 600 {alive}
rm -f {data}/postmaster.pid /var/run/postgresql/.s.PGSQL.*
"""
_AFTER_DATABASE = """\
cat <&8 >/dev/null
if [ "$status" -ne 0 ]; then set -- {logs}/*.json; shift $(( $# - 1 )); tail -n 10 "$1" >&2; fi
"""

# The data folder gets its name last, so that one which was only half set up is never started. A volume may hold that of
# an earlier server, with other roles: where this one has no folder for logs yet, it has never run. Single-user mode
# reports an error and goes on; exit_on_error makes it end.
_DATABASE_SETUP = """\
if [ ! -d {data} ] || [ ! -d {logs} ]; then
  mkdir -p {own}
  rm -rf {data} {data}.new {databases}
  initdb --pgdata={data}.new --username=postgres --auth-local=peer --auth-host=reject --encoding=UTF8 \\
    --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --no-sync --no-instructions >/dev/null
  mv {data}.new/base {databases}
  ln -s {databases} {data}.new/base
  bootstrap() {{
    postgres --single -j -D {data}.new -c exit_on_error=on "$1" <"$2" >/dev/null
  }}
  bootstrap postgres {folder}/cluster.sql
  bootstrap {database} {folder}/database.sql
  mv {data}.new {data}
fi
{copy_key}
"""


def database_start(database: str) -> str:
    """Return the start script of the database server; it sets the server up before it ever listens."""
    setup = _DATABASE_SETUP.format(
        data=DATA,
        own=OWN_STORAGE,
        databases=DATABASES,
        logs=LOGS,
        folder=FOLDER,
        database=quote(database),
        copy_key=COPY_DATABASE_KEY,
    )
    options = f"-c config_file={FOLDER}/postgresql.conf -c hba_file={FOLDER}/pg_hba.conf"
    alive = f"{LOGS}/alive"
    run = _RUN_BESIDE.format(
        before=_BEFORE_DATABASE.format(alive=alive, data=DATA),
        command=f"postgres -D {DATA} {options} 9>{alive}",
        opened=f"exec 8<{alive}\n",
        signal="INT",  # PostgreSQL's fast shutdown (manual, 18.5): SIGTERM would wait for clients to leave
        after=_AFTER_DATABASE.format(logs=LOGS),
    )
    return _start(run, setup + BOUND_DATABASE)


def broker_start() -> str:
    """Return the start script of the broker."""
    return _start(_RUN.format(command=f"bao server -config={FOLDER}/broker.json"), BOUND_BROKER)


def gateway_start() -> str:
    """Return the start script of the gateway. ``-W -db``: a master in the foreground that reaps its worker.

    It is not process 1: it would wait for other processes beside it before it ends.
    """
    command = f"haproxy -W -db -f {FOLDER}/haproxy.cfg {LOG_DESCRIPTOR}>>{GATEWAY_LOG}"
    return _start(_RUN_BESIDE.format(before="", command=command, opened="", signal="TERM", after=""), BOUND_GATEWAY)


def _start(run: str, setup: str) -> str:
    return _START.format(expires=EXPIRES, setup=setup, run=run)
