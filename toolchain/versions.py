"""The versions that belong together, read from where they are pinned."""

import json
import re
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout."""

GO_MODULE = ROOT / "toolchain" / "pulumi"
LANGUAGE_MODULE = ROOT / "toolchain" / "language-python"
PLUGINS = ("docker", "random", "vault")


def pulumi_pin(go_mod: str | None = None) -> str:
    """Return the version of Pulumi's engine, as ``toolchain/pulumi/go.mod`` pins it."""
    return _required(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", go_mod)


def go_pin(go_mod: str | None = None) -> str:
    """Return the Go version that the modules ask for."""
    return _required(r"(?m)^go (\S+)", go_mod)


def plugin_pin(name: str) -> str:
    """Return the plugin version that the installed Python SDK asks the engine for."""
    for file in files(f"pulumi-{name}") or []:
        if file.name == "pulumi-plugin.json":
            return str(json.loads(Path(str(file.locate())).read_text())["version"])
    raise LookupError(f"pulumi-{name} has no pulumi-plugin.json")


def parse(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, ``v3.259.0-dev`` as (3, 259, 0), so that versions compare."""
    found = re.search(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in found.group().split(".")) if found else ()


def _required(pattern: str, go_mod: str | None) -> str:
    text = (GO_MODULE / "go.mod").read_text() if go_mod is None else go_mod
    found = re.search(pattern, text)
    if not found:
        raise LookupError(f"go.mod has no {pattern}")
    return found.group(1)
