"""What runs need of a machine: the engine, Pulumi, its plugins, a backend."""

import os
import shutil
import subprocess
from pathlib import Path

from .. import engine
from ..errors import EngineError
from ..workspace import backend_variables

Row = dict[str, str]


def look() -> list[Row]:
    """Return a row for each part: its state, version, where it is from, and what mends it."""
    return [_engine(), _pulumi(), *_plugins(), _backend()]


def _engine() -> Row:
    try:
        with engine.connected() as client:
            version = client.version()["Version"]
    except EngineError as error:
        return _row("Docker Engine", "missing", mend=str(error))
    return _row("Docker Engine", "ok", version, os.environ.get("DOCKER_HOST", "/var/run/docker.sock"))


def _pulumi() -> Row:
    found = shutil.which("pulumi")
    if not found:
        return _row("Pulumi", "missing", mend="https://www.pulumi.com/docs/install, or `make setup` in a checkout")
    said = subprocess.run([found, "version"], capture_output=True, text=True, check=False).stdout
    return _row("Pulumi", "ok", said.strip().lstrip("v"), found)


def _plugins() -> list[Row]:
    """Return the plugins that are installed. Pulumi fetches what is missing where it can, so none is called missing."""
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    rows = []
    for name in ("docker", "random", "vault"):
        folders = sorted(path for path in (home / "plugins").glob(f"resource-{name}-v*") if path.is_dir())
        version = folders[-1].name.rpartition("-v")[2] if folders else "fetched by Pulumi when needed"
        rows.append(_row(f"{name} plugin", "ok", version, str(home / "plugins")))
    return rows


def _backend() -> Row:
    url = {**backend_variables(), **os.environ}["PULUMI_BACKEND_URL"]
    return _row("Pulumi backend", "ok", source=url)


def _row(part: str, state: str, version: str = "", source: str = "", mend: str = "") -> Row:
    return {"part": part, "state": state, "version": version, "from": source, "mend": mend}
