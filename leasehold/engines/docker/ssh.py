"""The system's ssh command, by which an engine on another host is reached as the docker command reaches it: its
configuration, keys and known hosts are the user's own."""

import shlex
import subprocess
from urllib.parse import SplitResult, unquote, urlsplit

from .endpoint import EndpointError

NO_QUESTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10")
"""Nobody is asked for a password, or whether a host is the one that is meant: there may be nobody."""

_MENDS = {
    "Host key verification failed": "Its key is not known here, or another one is: `ssh {host}` shows it, and asks.",
    "Permission denied": "It takes no key of this user's: `ssh {host} true` has to work without a question.",
    "command not found": "Over ssh, an engine is reached by the docker command of its own host: install it there.",
    "Cannot connect to the Docker daemon": "Start the engine there, or let that user use it.",
}
"""What to do, by words that ssh or the far side says."""


def engine_command(url: str) -> list[str]:
    """Return a command whose standard input and output are a connection to an engine (docker/cli, cli/connhelper).

    Args:
        url: ``ssh://[user@]host[:port][/path of its socket]``.

    Raises:
        EndpointError: It is no such address.
    """
    path = _parts(url).path
    host = ["--host", shlex.quote(f"unix://{unquote(path)}")] if path.strip("/") else []
    return ["ssh", *NO_QUESTIONS, "-T", *_options(url), "docker", *host, "system", "dial-stdio"]


def resolved_name(url: str) -> str:
    """Return the name or address of the host that ssh connects to: its configuration may have another for the one
    that is named.

    Raises:
        EndpointError: There is no ssh, or it cannot read its configuration.
    """
    try:
        done = subprocess.run(["ssh", "-G", *_options(url)], capture_output=True, text=True, check=False)
    except OSError as error:
        raise EndpointError(f"The engine is at {url}, and ssh cannot be run ({error.strerror}). Install it.") from None
    found = (line.partition(" ") for line in done.stdout.splitlines())
    name = next((value for key, _, value in found if key == "hostname"), "")
    if done.returncode or not name:
        raise EndpointError(
            f"The engine is at {url}, and ssh does not tell which host that is ({last_line(done.stderr)}). "
            f"`ssh -G {_host(url)}` has to."
        )
    return name


def mend(url: str, said: str) -> str:
    """Return what to do about something that ssh has said; empty if nothing is known."""
    return next((advice.format(host=_host(url)) for words, advice in _MENDS.items() if words in said), "")


def last_line(text: str) -> str:
    """Return the last line of what a program has said."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


def _options(url: str) -> list[str]:
    parts = _parts(url)
    user = ["-l", unquote(parts.username)] if parts.username else []
    port = ["-p", str(parts.port)] if parts.port else []
    return [*user, *port, "--", _host(url)]


def _host(url: str) -> str:
    """Return the host as it is written, for the user's configuration may name it so."""
    place = _parts(url).netloc.rpartition("@")[2]
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.password is None and parts.port != 0 and not parts.query
    except ValueError:
        usable = False
    if not usable:
        raise EndpointError(
            f"The engine's address {url!r} cannot be used: over ssh it is `ssh://[USER@]HOST[:PORT]`, without a "
            "password."
        )
    return parts
