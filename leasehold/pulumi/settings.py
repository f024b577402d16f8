"""A stack's settings, the one file `Pulumi.<stack>.yaml` of its project, and our mark in it.

A run's settings carry the id of its name lock from the moment they are made. Pulumi adds the salt of the stack's
secrets to the file when it makes the stack, and keeps the same salt in the stack's state: so the two prove each other.
"""

import hashlib
import json
import os
import re
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..contract import ENGINE_SETTING, NAME_LOCK_SETTING
from ..errors import RunError

PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
"""Variables by which users give Pulumi a passphrase of their own."""

_KEYS = ("encryptionsalt", "encryptedkey")
_ROUNDS, _WORD = 1_000_000, b"pulumi"
_IN_STATE = re.compile(r'"(?:salt|encryptedkey)":\s*"([^"]+)"')


@dataclass(frozen=True)
class Settings:
    """The part of a stack's settings that identifies their owner.

    Attributes:
        name_lock: The id of the name lock that they carry; empty for none.
        key: What its secrets are encrypted with, as Pulumi names it; empty if no stack has been made with them.
        more: Whether there are other settings than our own.
    """

    name_lock: str = ""
    key: str = ""
    more: bool = False


def project_file(folder: Path) -> Path | None:
    """Return a project's file; None if the folder holds none."""
    files = [folder / f"Pulumi.{ending}" for ending in ("yaml", "yml", "json")]
    return next((file for file in files if file.is_file()), None)


def project_of(folder: Path) -> str:
    """Return the name of the Pulumi project of a folder.

    Raises:
        RunError: There is none.
    """
    name = _project(folder).get("name")
    if not isinstance(name, str):
        raise RunError(f"{folder} holds no Pulumi project with a name. Name a project folder as the program.")
    return name


def engine_of(folder: Path) -> str:
    """Return the engine that a project declares for all of its stacks; empty if it declares none.

    Of a setting of its own a project's file holds the value, or what describes it (Pulumi manual, project file
    reference, ``config``).
    """
    config = _project(folder).get("config")
    told = config.get(ENGINE_SETTING) if isinstance(config, dict) else None
    if isinstance(told, dict):
        told = told.get("value", told.get("default"))
    return str(told or "")


def runtime_of(folder: Path) -> str:
    """Return which runtime the program of a folder's Pulumi project is of; empty if the project does not say."""
    runtime = _project(folder).get("runtime")
    return str((runtime.get("name") if isinstance(runtime, dict) else runtime) or "")


def settings_file(folder: Path, stack: str) -> Path:
    """Return where Pulumi looks for a stack's settings: beside the project's file, or in its ``stackConfigDir``."""
    file = project_file(folder)
    kept = folder / str(_project(folder).get("stackConfigDir") or "")
    return kept / f"Pulumi.{stack}{file.suffix if file else '.yaml'}"


def make(file: Path, name_lock: str) -> None:
    """Make a stack's settings, with the mark of a name lock.

    Raises:
        FileExistsError: There are some.
    """
    content = {"config": {NAME_LOCK_SETTING: name_lock}}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x") as made:
        made.write(json.dumps(content) if file.suffix == ".json" else yaml.safe_dump(content))


def read(file: Path) -> Settings:
    """Read a stack's settings; what is missing or unreadable counts as empty."""
    held = _read(file)
    config = held.get("config") or {}
    if not isinstance(config, dict):
        return Settings()
    key = next((str(held[name]) for name in _KEYS if held.get(name)), "")
    return Settings(str(config.get(NAME_LOCK_SETTING) or ""), key, any(name != NAME_LOCK_SETTING for name in config))


def key_in(state: str) -> str:
    """Return what a state's secrets are encrypted with, as `Settings.key`; empty if it does not tell."""
    found = _IN_STATE.search(state)
    return found.group(1) if found else ""


def is_made_with(key: str, passphrase: str) -> bool:
    """Return whether a passphrase made what a stack's secrets are encrypted with.

    It holds a word encrypted with the passphrase (`pulumi/pulumi`, pkg/secrets/passphrase: AES-256-GCM, PBKDF2 with
    SHA-256).

    Args:
        key: As `Settings.key` has it: ``v1:<salt>:v1:<nonce>:<word>``, in base64.
        passphrase: The passphrase.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to import, and hardly ever needed
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    try:
        outer, salt, inner, nonce, word = key.split(":")
        derived = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), b64decode(salt), _ROUNDS, 32)
        said = AESGCM(derived).decrypt(b64decode(nonce), b64decode(word), None)
        return (outer, inner, said) == ("v1", "v1", _WORD)
    except (ValueError, InvalidTag):
        return False


def _project(folder: Path) -> dict[str, Any]:
    file = project_file(folder)
    return _read(file) if file else {}


def _read(file: Path) -> dict[str, Any]:
    try:
        held = yaml.safe_load(file.read_text())  # of which JSON is a part
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return held if isinstance(held, dict) else {}


def is_project(folder: Path, name: str) -> bool:
    """Return whether a folder holds the Pulumi project of a name, now."""
    return os.path.isdir(folder) and _project(folder).get("name") == name
