"""A scan for credentials in plaintext: what a run knows to be secret is looked for wherever it could have leaked.

Secrets are those that Pulumi's state marks, the passwords of fresh leases taken for the scan, and the tokens with which
they were taken.
"""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ...leases.issuer import LeaseIssuer
from ...runs.run import Run
from .places import Place, places_of
from .secrets import secrets_in_state

__all__ = ["Hit", "Scan", "look", "scan"]


@dataclass(frozen=True)
class Hit:
    """A secret in plaintext.

    Attributes:
        secret: What it is; never its value.
        place: Where it stands.
    """

    secret: str
    place: str

    def __str__(self) -> str:
        return f"{self.secret} stands in {self.place}"


@dataclass(frozen=True)
class Scan:
    """What a scan found.

    Attributes:
        run: The run's name.
        secrets: How many secrets were looked for.
        places: How many places were looked at.
        hits: Where one stands in plaintext.
    """

    run: str
    secrets: int
    places: int
    hits: tuple[Hit, ...]


def scan(run: Run, more: Iterable[Path] = (), *, debug: bool = False) -> Scan:
    """Look for a run's secrets in plaintext.

    Args:
        run: The run.
        more: Files and folders to look at as well, such as test reports.
        debug: Whether to look at Pulumi's debug log, too. It does show secrets: its SDK logs what it registers.

    Raises:
        RunError: Pulumi could not show the stack's state.
        BrokerError: The broker refused, or did not answer.
    """
    secrets = secrets_in_state(json.loads(run.state(show_secrets=True)), public=_public(run))
    with _canaries(run.issuer) as canaries:
        secrets |= canaries
        looked_at = 0

        def places() -> Iterator[Place]:  # one at a time: folders for temporary files can hold more than memory does
            nonlocal looked_at
            for place in places_of(run, more, debug=debug):
                looked_at += 1
                yield place

        hits = tuple(look(secrets, places()))
        return Scan(run.name, len(secrets), looked_at, hits)


def look(secrets: dict[str, str], places: Iterable[Place]) -> Iterator[Hit]:
    """Yield where a secret stands in plaintext.

    Args:
        secrets: What each is, by its value.
        places: Where to look.
    """
    forms = [(what, _forms(value)) for value, what in secrets.items()]
    for place in places:
        for what, written in forms:
            if any(form in place.content for form in written):
                yield Hit(what, place.name)


def _forms(value: str) -> set[bytes]:
    """Return how a secret may be written: as it is, and as JSON, a URL, HTML or XML, and base64 have it."""
    as_json = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    plain = {form.encode() for form in (value, as_json, quote(value, safe=""), html.escape(value))}
    return plain | {_within_base64(value.encode(), before) for before in range(3)}


def _within_base64(value: bytes, before: int) -> bytes:
    """Return the characters that base64 has for a value alone, so many bytes after a multiple of three.

    A character stands for six bits: the first and the last of the value may share one with what is beside it.
    """
    first = -(-before * 8 // 6)
    last = (before + len(value)) * 8 // 6
    return base64.b64encode(bytes(before) + value)[first:last]


@contextmanager
def _canaries(issuer: LeaseIssuer) -> Iterator[dict[str, str]]:
    """Give the passwords of fresh leases that are in use, one of each role, and the tokens of who took them."""
    leases = [issuer.lease(role) for role in issuer.outputs.roles_with_leases]
    try:
        for lease in leases:
            lease.connect().close()
        passwords = {lease.password.get_secret_value(): f"the password of a lease of {lease.role}" for lease in leases}
        yield passwords | {token: f"the broker's token of {role}" for role, token in issuer.tokens().items()}
    finally:
        for lease in leases:
            issuer.revoke(lease)


def _public(run: Run) -> set[str]:
    """Return what is marked secret only because it is beside something that is."""
    outputs = run.outputs
    return {outputs.tls.certificate, outputs.orchestrator.role_id, "scram-sha-256"}
