"""What runs need of a machine: the engine, Pulumi, its plugins, a backend."""

import json
import os
import shutil
import subprocess
from importlib.metadata import files
from pathlib import Path

from ..engines.current import current
from ..errors import EngineError
from ..runs.workspace import backend_variables

Row = dict[str, str]

PLUGINS = ("random", "vault")
"""Plugins that every run needs, beside those of its engine."""


def look() -> list[Row]:
    """Return a row for each part: its state, version, where it is from, and what mends it."""
    return [_engine(), _pulumi(), *(_plugin(name) for name in (*current().plugins, *PLUGINS)), _backend()]


def _engine() -> Row:
    try:
        version, source = current().version()
    except EngineError as error:
        return _row(current().name, "missing", mend=str(error))
    return _row(current().name, "ok", version, source)


def _pulumi() -> Row:
    found = shutil.which("pulumi")
    if not found:
        return _row("Pulumi", "missing", mend="https://www.pulumi.com/docs/install, or `make setup` in a checkout")
    done = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return _row("Pulumi", "broken", source=found, mend=f"`pulumi version` failed: {done.stderr.strip()}")
    return _row("Pulumi", "ok", done.stdout.strip().lstrip("v"), found)


def _plugin(name: str) -> Row:
    """Return whether the plugin is there of the version that the installed SDK asks for."""
    version = _asked_for(name)
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    place = home / "plugins" / f"resource-{name}-v{version}"
    if (place / f"pulumi-resource-{name}").exists() and not place.with_name(f"{place.name}.partial").exists():
        return _row(f"{name} plugin", "ok", version, str(place))
    mend = f"`pulumi plugin install resource {name} {version}` (an `up` does it, too, where Pulumi can download)"
    return _row(f"{name} plugin", "missing", version, str(place), mend)


def _asked_for(name: str) -> str:
    """Return the version of a plugin that the installed Python SDK has Pulumi use."""
    told = next(file for file in files(f"pulumi-{name}") or [] if file.name == "pulumi-plugin.json")
    return str(json.loads(Path(str(told.locate())).read_text())["version"])


def _backend() -> Row:
    url = {**backend_variables(), **os.environ}["PULUMI_BACKEND_URL"]
    return _row("Pulumi backend", "ok", source=url)


def _row(part: str, state: str, version: str = "", source: str = "", mend: str = "") -> Row:
    return {"part": part, "state": state, "version": version, "from": source, "mend": mend}
