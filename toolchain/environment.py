"""The environment in which `pulumi` and the tests find what set-up has put in place."""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from leasehold import paths

from . import images, pulumi_command
from .errors import SetupError

_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


def variables(own: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables to export. What the user has set of Pulumi's backend, passphrase and home stays.

    Args:
        own: The user's environment.

    Raises:
        SetupError: Set-up has not been done.
    """
    found = pulumi_command.folder()
    if found is None:
        raise SetupError("Pulumi is missing. `make setup` puts it in place.")
    result = {
        "PATH": _path([Path(sys.prefix) / "bin", *([] if found[1] == "PATH" else [found[0]])], own.get("PATH", "")),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if "PULUMI_BACKEND_URL" not in own:
        backend = paths.state() / "backend"
        backend.mkdir(mode=0o700, parents=True, exist_ok=True)
        result["PULUMI_BACKEND_URL"] = backend.as_uri()
    if not any(name in own for name in _PASSPHRASES):
        result["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(paths.passphrase_file())
    if "PULUMI_HOME" not in own:
        result["PULUMI_HOME"] = str(pulumi_command.home())
    for image in images.IMAGES:
        if image.variable not in own and (name := images.present(image)) and name != image.public:
            result[image.variable] = name
    return result


def export_lines(values: Mapping[str, str]) -> str:
    """Return shell statements that export the variables."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def _path(first: list[Path], path: str) -> str:
    """Return `path` with our folders in front, each folder once, so that repeating it changes nothing."""
    return ":".join(dict.fromkeys([*map(str, first), *path.split(":")]))
