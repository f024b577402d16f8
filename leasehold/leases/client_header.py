"""The client id of this process: the test that is running, or empty.

The name goes to the broker in a header that its audit device shows, so that a refusal can be told to be a test's
with any token.
"""

import secrets
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar

from ..contract import CLIENT_HEADER

BY_HARNESS = "!"
"""Stands in the header between the client id and the harness's key, where the request is for the harness's own
needs: to log in, to make databases. What is refused then is no test's."""

_client_id = ""
_by_harness = ContextVar("by_harness", default=False)
_key = secrets.token_hex(16)


def set_client_id(name: str) -> None:
    """Set the client id of this process; empty for none. It is ASCII, and no secret."""
    global _client_id  # noqa: PLW0603 - one for the process: threads of a test work for that test
    _client_id = name


def client_id() -> str:
    """Return the client id of this process."""
    return _client_id


def harness_key() -> str:
    """Return what this process adds to requests for its own needs. It cannot be guessed."""
    return _key


@contextmanager
def by_harness() -> Iterator[None]:
    """Have all requests of this thread be for the harness's own needs, for the length of a block."""
    before = _by_harness.set(True)
    try:
        yield
    finally:
        _by_harness.reset(before)


def is_by_harness() -> bool:
    """Return whether this is in such a block."""
    return _by_harness.get()


def mark_headers(headers: MutableMapping[str, str], *, harness: bool = False) -> None:
    """Set the header of a request to the broker.

    Args:
        headers: The request's.
        harness: Whether it is for the harness's own needs; as in a block of `by_harness`.
    """
    value = f"{_client_id}{BY_HARNESS}{_key}" if harness or is_by_harness() else _client_id
    if value:
        headers[CLIENT_HEADER] = value
    else:
        headers.pop(CLIENT_HEADER, None)
