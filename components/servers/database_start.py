"""The start script of the database server: it sets the server up before that ever listens."""

from collections.abc import Iterable
from shlex import join, quote

from leasehold.contract import DATA, DATABASES, LOGS, OWN_STORAGE, STORAGE

from ..declared.images import NEWEST, OLDEST
from ..declared.initdb import Initdb
from .logs import BOUND_DATABASE
from .start import COPY_DATABASE_KEY, FOLDER, TOLD, beside, started

_SAID = f"{OWN_STORAGE}/said"
"""File with what a step of the set-up printed."""

# What went wrong is told in one line, in the server's own words.
_SAYS = f"""\
mkdir -p {OWN_STORAGE}
refuse() {{
  echo "{TOLD}$1" >&2
  exit 1
}}
quietly() {{
  "$@" >/dev/null 2>{_SAID}
}}
said() {{
  sed -nE "s/^.*($1): +//p" {_SAID} | grep -v '^skipping missing' | head -n 3 | tr '\\n' '|' |
    sed -e 's/|$//' -e 's/|/; /g'
}}
"""

# The server's own version decides what it is given, and no declaration, which could be wrong.
_VERSION = """\
image={image}
version=$(postgres --version)
major=$(echo "$version" | sed -E 's/^[^0-9]*([0-9]+).*/\\1/')
[ "$major" -ge {oldest} ] || refuse "The image $image has $version, and a run needs PostgreSQL {oldest} to {newest}. \
Declare another image (\\`images\\`, field \\`database\\`)."
"""
_NEED = """\
[ "$major" -ge {least} ] || refuse {what}" needs PostgreSQL {least} or later, and the image $image has $version. \
Leave it out, or declare another image (\\`images\\`, field \\`database\\`)."
"""
_OPTIONS = """\
case "$major" in
{cases}
esac
"""

# Which setting it is that the server does not take, it says for all of them, and before anything is made.
_SETTINGS = """\
[ "$major" -le {newest} ] || major={newest}
settings={folder}/postgresql.$major.conf
quietly postgres -C data_directory -D {folder} -c config_file="$settings" ||
  refuse "Its settings are wrong: $(said LOG)."
"""

_REFLINK = """\
echo reflink >{storage}/reflink.from
quietly cp --reflink=always {storage}/reflink.from {storage}/reflink.to || refuse "Its storage has no reflinks: \
$(said cp). They need a volume on btrfs or XFS, where the engine has its data. Leave \\`reflink\\` out of \
\\`storage\\`, or move the engine's data."
rm {storage}/reflink.from {storage}/reflink.to
"""

# Single-user mode reports an error and goes on; exit_on_error makes it end. Statements do not stand in what it prints:
# some hold what is nobody's business. The data folder gets its name last, so that one which was only half set up is
# never started. A volume may hold that of an earlier server, with other roles: where this one has no folder for logs
# yet, it has never run.
_SETUP = """\
bootstrap() {{
  quietly postgres --single -j -D {data}.new -c exit_on_error=on -c log_min_error_statement=panic {preload} \\
    "$1" <"$2" || refuse "Its set-up failed: $(said 'ERROR|FATAL|PANIC')"
}}
if [ ! -d {data} ] || [ ! -d {logs} ]; then
  rm -rf {data} {data}.new {databases}
  quietly initdb --pgdata={data}.new --username=postgres --auth-local=peer --auth-host=reject "$@" \\
    --no-sync --no-instructions || refuse "Its cluster could not be made, as \\`initdb\\` declares it: $(said error)."
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
if [ "$status" -ne 0 ]; then set -- {logs}/*.json; shift $(( $# - 1 )); [ ! -e "$1" ] || tail -n 10 "$1" >&2; fi
"""


def database_start(
    database: str,
    image: str = "postgres:18",
    initdb: Initdb = Initdb(),  # noqa: B008 - frozen
    needs: Iterable[tuple[int, str]] = (),
    preload: str = "",
    *,
    reflink: bool = False,
) -> str:
    """Return the start script of the database server.

    Args:
        database: Name of the run's database.
        image: The server's image, for what is told of it.
        initdb: How the cluster is made.
        needs: What was declared that older versions do not have: the first major version that has it, and its name.
        preload: ``shared_preload_libraries``: some extensions are made only where their library is loaded.
        reflink: Whether the storage's file system has to have reflinks.
    """
    version = _VERSION.format(image=quote(image), oldest=OLDEST, newest=NEWEST)
    version += "".join(_NEED.format(least=least, what=quote(what)) for least, what in needs)
    cases = [f"{major}) set -- {join(initdb.options(major))} ;;" for major in range(OLDEST, NEWEST)]
    cases.append(f"*) set -- {join(initdb.options(NEWEST))} ;;")
    setup = _SETUP.format(
        data=DATA,
        databases=DATABASES,
        logs=LOGS,
        folder=FOLDER,
        database=quote(database),
        preload=f"-c shared_preload_libraries={quote(preload)}" if preload else "",
        copy_key=COPY_DATABASE_KEY,
    )
    options = f'-c config_file="$settings" -c hba_file={FOLDER}/pg_hba.conf'
    alive = f"{LOGS}/alive"
    run = beside(
        before=_BEFORE.format(alive=alive, data=DATA),
        command=f"postgres -D {DATA} {options} 9>{alive}",
        opened=f"exec 8<{alive}\n",
        signal="INT",  # PostgreSQL's fast shutdown (manual, 18.5): SIGTERM would wait for clients to leave
        after=_AFTER.format(logs=LOGS),
    )
    steps = (
        _SAYS,
        version,
        _SETTINGS.format(newest=NEWEST, folder=FOLDER),
        _OPTIONS.format(cases="\n".join(f"  {case}" for case in cases)),
        _REFLINK.format(storage=STORAGE) if reflink else "",
        setup,
        BOUND_DATABASE,
    )
    return started(run, "".join(steps))
