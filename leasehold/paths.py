"""Folders that outlive a checkout: the user's cache and state, where the system has them."""

import os
import secrets
from pathlib import Path

import platformdirs

_APP = "leasehold"


class UnwritableError(OSError):
    """A folder of ours cannot be written. Says which, and what to do."""


def private(folder: Path) -> Path:
    """Make a folder for its owner alone, if need be; return it.

    Raises:
        UnwritableError: It cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableError(
            f"The folder {folder} cannot be made ({error.strerror}). Leasehold keeps its state there: set "
            "XDG_STATE_HOME (and PULUMI_HOME, for Pulumi's plugins) to folders that can be written."
        ) from None
    return folder


def open_private(path: Path, how: int) -> int:
    """Open a file for writing that its owner alone can read, and make it and its folder if need be.

    Args:
        path: The file; no link.
        how: ``os.O_TRUNC`` to begin anew, ``os.O_APPEND`` to go on.

    Returns:
        Its descriptor.
    """
    private(path.parent)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)


def cache() -> Path:
    """Return our folder in the user's cache; what is in it can be made again."""
    return platformdirs.user_cache_path(_APP, appauthor=False)


def state() -> Path:
    """Return our folder in the user's state: Pulumi's backend and its passphrase."""
    return platformdirs.user_state_path(_APP, appauthor=False)


def home_of(run: str, name_lock: str) -> Path:
    """Return the folder that is a run's own PULUMI_HOME.

    Args:
        run: The run's name.
        name_lock: The id of its name lock: a later run of the name has another home.
    """
    return homes() / f"{run}.{name_lock}"


def homes() -> Path:
    """Return the folder of all of them."""
    return state() / "homes"


def authorities() -> Path:
    """Return the folder with the certificates of runs' authorities."""
    return state() / "authorities"


def endings() -> Path:
    """Return the folder with what processes print that destroy runs in the background."""
    return state() / "endings"


def outputs_of_pulumi() -> Path:
    """Return the folder with what Pulumi printed when it failed."""
    return state() / "pulumi"


def write_atomically(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a file, in UTF-8, that is never there by half; make its folder if need be.

    Args:
        path: The file.
        text: Its content.
        mode: Who may read and write it, less what the process's umask takes.
    """
    private(path.parent)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        fresh.touch(mode)
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def passphrase_file() -> Path:
    """Return the file with the passphrase of the state's secrets; make it, for its owner's eyes only, if need be."""
    path = state() / "passphrase"
    private(path.parent)
    fresh = path.with_name(f"passphrase.{secrets.token_hex(8)}")
    if not path.exists():
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
        try:
            os.link(fresh, path)  # unlike a rename, never replaces one that another process has just made
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path
