"""Start scripts: every server of a run ends by itself when the run's term does."""

from leasehold.contract import FILES, OWN_STORAGE

from .logs import BOUND_BROKER, BOUND_GATEWAY, GATEWAY_LOG

FOLDER = FILES
"""Where a server finds its files."""

SCRIPT = f"{FOLDER}/start.sh"

EXPIRES = "LEASEHOLD_EXPIRES"
"""Environment variable with the end of the term, in seconds since the epoch."""

CERTIFICATE, KEY, AUTHORITY = (f"{FOLDER}/{file}" for file in ("server.crt", "server.key", "authority.crt"))
"""A server's certificate and key, and the certificate of who signed it."""

DATABASE_KEY = f"{OWN_STORAGE}/server.key"
"""Where the database server reads its key: it insists on a file that its user alone may read (manual, 18.9)."""

TOLD = "leasehold: "
"""Begins a line in which a start script says why its server does not start."""

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
  echo "{told}The term of this run has ended." >&2
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


def beside(command: str, signal: str, *, before: str = "", opened: str = "", after: str = "") -> str:
    """Return what runs a server that is not process 1, until the term ends.

    Args:
        command: The server, with its arguments.
        signal: What ends it.
        before: What is done before it starts.
        opened: What is opened once it has.
        after: What is done once it has ended.
    """
    return _RUN_BESIDE.format(command=command, signal=signal, before=before, opened=opened, after=after)


def started(run: str, setup: str) -> str:
    """Return a start script: it refuses to start once the term has ended.

    Args:
        run: What runs the server, for ``$left`` seconds.
        setup: What comes before it.
    """
    return _START.format(expires=EXPIRES, setup=setup, run=run, told=TOLD)


def broker_start() -> str:
    """Return the start script of the broker."""
    return started(_RUN.format(command=f"bao server -config={FOLDER}/broker.json"), BOUND_BROKER)


def gateway_start() -> str:
    """Return the start script of the gateway. ``-W -db``: a master in the foreground that reaps its worker.

    It is not process 1: it would wait for other processes beside it before it ends.
    """
    command = f"haproxy -W -db -f {FOLDER}/haproxy.cfg {LOG_DESCRIPTOR}>>{GATEWAY_LOG}"
    return started(beside(command, "TERM"), BOUND_GATEWAY)
