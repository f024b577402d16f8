"""Where each server writes what the harness reads, and what keeps that bounded.

A log is a series of files, in the order of their names, of which the last is written; one is complete as soon as a
later one exists. They are in the server's own file system, not in memory: they outlive a killed server, and can be read
from a server that has ended.
"""

from leasehold.contract import LOGS

FILE_SIZE = 20
"""Size at which a log goes on in another file, in MiB."""

FILES = 5
"""How many files of a log are kept; older ones are removed."""

LOOK = 5
"""Time between two looks at a log's size, in seconds."""

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


def _bounded(rotate: str = "") -> str:
    """Return what makes the log's folder and keeps its size bounded, in the background.

    The shell's own words, but for what looks and removes: it costs next to nothing. Names sort by time.
    """
    return f"""\
mkdir -p -m 700 {LOGS}
keep_bounded() {{
  while sleep {LOOK}; do
{rotate}    set -- {LOGS}/*.json
    while [ $# -gt {FILES} ]; do rm -f "$1"; shift; done
  done
}}
keep_bounded &
"""


BOUND_DATABASE, BOUND_BROKER, BOUND_GATEWAY = _bounded(), _bounded(_ROTATE_BROKER), _bounded(_CUT_GATEWAY)
