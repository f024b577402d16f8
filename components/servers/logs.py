"""Where each server writes what the harness reads, and what keeps that bounded.

A log is a series of files, in the order of their names, of which the last is written; one is complete as soon as a
later one exists. They are in the server's own file system, not in memory: they outlive a killed server, and can be read
from a server that has ended.
"""

from leasehold.contract import KEPT, LOGS

FILE_SIZE = 20
"""Size at which a log goes on in another file, in MiB."""

FILES = 30
"""How many files of a log are kept; older ones are removed. So many that a session has read them long before, and that
an audit at its end still finds what statements needed."""

LOOK = 5
"""Time between two looks at a log's size, in seconds."""

# Of a file that is removed, what tells who came from where is kept: an audit needs all of it. A line is some 300 bytes.
# Where even that grows long it is emptied, and the audit tells that the log has lost its beginning.
_KEEP_CONNECTIONS = f"""\
      grep -hE '"message":"(starting PostgreSQL|connection authorized: )' "$1" >>{KEPT}
      [ -z "$(find {KEPT} -size +{FILE_SIZE * 1024}k)" ] || : >{KEPT}
"""

# The broker opens its file anew at a SIGHUP (OpenBao manual, File audit device); digits sort before letters.
BROKER_LOG = f"{LOGS}/current.json"
_ROTATE_BROKER = f"""\
    if [ -n "$(find {BROKER_LOG} -size +{FILE_SIZE * 1024}k 2>/dev/null)" ]; then
      mv {BROKER_LOG} "{LOGS}/$(date -u +%Y%m%dT%H%M%S).json" && kill -HUP 1
    fi
"""

# The gateway's has a line for each connection that no server answered, so it hardly comes to this. It cannot open its
# file anew: what is cut off is lost, and a file says so to the reader.
GATEWAY_LOG = f"{LOGS}/current.json"
_CUT_GATEWAY = f"""\
    if [ -n "$(find {GATEWAY_LOG} -size +{FILE_SIZE * FILES * 1024}k 2>/dev/null)" ]; then
      : >"{LOGS}/cut.$(date +%s)" && : >{GATEWAY_LOG}
    fi
"""


def _bounded(rotate: str = "", keep: str = "") -> str:
    """Return what makes the log's folder and keeps its size bounded, in the background.

    The shell's own words, but for what looks and removes: it costs next to nothing. Names sort by time.

    Args:
        rotate: What has the server go on in another file, or cuts it.
        keep: What keeps something of a file that is to be removed.
    """
    return f"""\
mkdir -p -m 700 {LOGS}
keep_bounded() {{
  while sleep {LOOK}; do
{rotate}    set -- {LOGS}/*.json
    while [ $# -gt {FILES} ]; do
{keep}      rm -f "$1"; shift
    done
  done
}}
keep_bounded &
"""


BOUND_DATABASE = _bounded(keep=_KEEP_CONNECTIONS)
BOUND_BROKER, BOUND_GATEWAY = _bounded(_ROTATE_BROKER), _bounded(_CUT_GATEWAY)
