"""The start script of the database server: it sets the server up before that ever listens."""

from shlex import quote

from leasehold.contract import DATA, DATABASES, LOGS, OWN_STORAGE

from .logs import BOUND_DATABASE
from .start import COPY_DATABASE_KEY, FOLDER, TOLD, beside, started

# Single-user mode reports an error and goes on; exit_on_error makes it end. Statements do not stand in what it prints:
# some hold what is nobody's business. What it says is told in one sentence, in the server's own words.
_SAYS = f"""\
refuse() {{
  echo "{TOLD}$1" >&2
  exit 1
}}
said() {{
  sed -nE 's/^.*(LOG|ERROR|FATAL|PANIC|error): +//p' {OWN_STORAGE}/said | head -n 1
}}
told() {{
  "$@" >/dev/null 2>{OWN_STORAGE}/said
}}
bootstrap() {{
  told postgres --single -j -D {DATA}.new -c exit_on_error=on -c log_min_error_statement=panic "$1" <"$2" ||
    refuse "Its set-up failed: $(said)"
}}
"""

# The data folder gets its name last, so that one which was only half set up is never started. A volume may hold that of
# an earlier server, with other roles: where this one has no folder for logs yet, it has never run.
_SETUP = """\
mkdir -p {own}
if [ ! -d {data} ] || [ ! -d {logs} ]; then
  rm -rf {data} {data}.new {databases}
  initdb --pgdata={data}.new --username=postgres --auth-local=peer --auth-host=reject --encoding=UTF8 \\
    --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --no-sync --no-instructions >/dev/null
  mv {data}.new/base {databases}
  ln -s {databases} {data}.new/base
  bootstrap postgres {folder}/cluster.sql
  bootstrap {database} {folder}/database.sql
  mv {data}.new {data}
fi
{copy_key}
"""

# The server's log has a process of its own, which goes on until it has written all, also when the server was killed:
# so the server stays as long as any of them holds the pipe. A killed server leaves files that name a process, which
# may be another by now: when it starts there is no such process in it.
_BEFORE = """\
[ -p {alive} ] || mkfifo -m 600 {alive}
rm -f {data}/postmaster.pid /var/run/postgresql/.s.PGSQL.*
"""
_AFTER = """\
cat <&8 >/dev/null
if [ "$status" -ne 0 ]; then set -- {logs}/*.json; shift $(( $# - 1 )); tail -n 10 "$1" >&2; fi
"""


def database_start(database: str) -> str:
    """Return the start script of the database server.

    Args:
        database: Name of the run's database.
    """
    setup = _SETUP.format(
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
    run = beside(
        before=_BEFORE.format(alive=alive, data=DATA),
        command=f"postgres -D {DATA} {options} 9>{alive}",
        opened=f"exec 8<{alive}\n",
        signal="INT",  # PostgreSQL's fast shutdown (manual, 18.5): SIGTERM would wait for clients to leave
        after=_AFTER.format(logs=LOGS),
    )
    return started(run, _SAYS + setup + BOUND_DATABASE)
