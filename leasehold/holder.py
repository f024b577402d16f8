"""Whom this process is working for: the test that is running, or nobody in particular.

The name goes to the broker in a header that its audit device shows, so that a refusal can be told to be a test's
whatever token was used.
"""

from collections.abc import MutableMapping

HEADER = "X-Leasehold-Holder"
"""Audited by the run's broker (`components/rendered/broker_config.py`)."""

_holder = ""


def set_holder(name: str) -> None:
    """Name whom this process works for from now on; the empty name for nobody. It is ASCII, and no secret."""
    global _holder  # noqa: PLW0603 - one for the process: threads of a test work for that test
    _holder = name


def holder() -> str:
    """Return whom this process works for."""
    return _holder


def mark_headers(headers: MutableMapping[str, str]) -> None:
    """Set the header of a request to the broker."""
    if _holder:
        headers[HEADER] = _holder
    else:
        headers.pop(HEADER, None)
