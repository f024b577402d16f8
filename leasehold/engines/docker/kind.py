"""Which engine answers behind Docker's API: Docker's own, or Podman, whose networks can do less."""

from typing import Any


def is_podman(version: dict[str, Any]) -> bool:
    """Return whether an engine is Podman.

    Args:
        version: What it tells of its version (Docker Engine API, SystemVersion).
    """
    return any(one.get("Name") == "Podman Engine" for one in version.get("Components") or ())
