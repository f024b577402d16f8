"""Asking the API server a question, without a client library: this is also used by the node itself."""

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

_PATIENCE = 10  # seconds


class Api:
    """An API server, asked as the administrator.

    Args:
        url: Where it is.
        etc: The folder with ``ca.crt``, ``admin.crt`` and ``admin.key``.
    """

    def __init__(self, url: str, etc: Path) -> None:
        self._url = url
        context = ssl.create_default_context(cafile=str(etc / "ca.crt"))
        context.load_cert_chain(etc / "admin.crt", etc / "admin.key")
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        self._opener = urllib.request.build_opener(*handlers)

    def healthy(self) -> bool:
        """Return whether the server says that it is ready."""
        return self._get("/readyz") is not None

    def get(self, path: str) -> dict[str, Any] | None:
        """Return an object; None if it is not there, or the server does not answer."""
        found = self._get(path)
        return None if found is None else dict(json.loads(found))

    def _get(self, path: str) -> bytes | None:
        try:
            with self._opener.open(f"{self._url}{path}", timeout=_PATIENCE) as response:
                return bytes(response.read())
        except (OSError, urllib.error.URLError):
            return None


def node_ready(node: dict[str, Any] | None) -> bool:
    """Return whether a Node says that pods can run on it."""
    conditions = (node or {}).get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
