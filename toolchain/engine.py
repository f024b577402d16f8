"""The Docker Engine: found, started, or installed from Debian's packages."""

import shutil
import subprocess
import time
from pathlib import Path

from leasehold import paths
from leasehold.engines.docker.client import connected, where
from leasehold.engines.docker.endpoint import DEFAULT as OWN
from leasehold.errors import LeaseholdError

from .errors import SetupError
from .findings import Finding, Say
from .processes import apt_install, is_debian_root, run

_START_LIMIT = 60  # seconds
_INSTALL = "https://docs.docker.com/engine/install"


def find() -> Finding:
    """Look for an engine that answers."""
    try:
        with connected() as engine:
            version = engine.version()
    except LeaseholdError:
        if shutil.which("dockerd"):
            return Finding("not running", mend="make setup" if is_debian_root() else "sudo systemctl start docker")
        return Finding("missing", mend="make setup" if is_debian_root() else f"see {_INSTALL}")
    return Finding("ok", str(version["Version"]), where())


def provide(say: Say) -> None:
    """Start the engine, after installing Debian's if there is none.

    Raises:
        SetupError: Only root on Debian can do that, or it did not come up.
    """
    installed = shutil.which("dockerd") is not None
    if not is_debian_root() or where() != OWN:
        raise SetupError(
            f"The Docker Engine {'does not answer' if installed else 'is missing'}. A run's network, database and "
            "broker are containers, so nothing works without it. "
            + ("Start it with `sudo systemctl start docker`" if installed else f"Install it ({_INSTALL})")
            + ", make sure that your user may use it, and run `make setup` again."
        )
    if not installed:
        say("installing Debian's docker.io (about 30 s)")
        apt_install("docker.io", "iptables")
    say("starting it")
    if Path("/run/systemd/system").exists():
        run(["systemctl", "start", "docker"])
    else:
        _start_by_hand()
    deadline = time.monotonic() + _START_LIMIT
    while not find().ok:
        if time.monotonic() > deadline:
            raise SetupError(f"The Docker Engine did not answer within {_START_LIMIT} s. Its log is {_log()}.")
        time.sleep(0.2)


def _start_by_hand() -> None:
    """Start the engine where no init system does, in a session of its own, so that it outlives us."""
    _log().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _log().open("ab") as log:
        subprocess.Popen(["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _log() -> Path:
    return paths.state() / "dockerd.log"
