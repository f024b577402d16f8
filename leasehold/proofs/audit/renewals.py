"""That no holder stretches what it was given: leases and tokens are really renewed, for as long as can be asked."""

from collections.abc import Iterator

import hvac
import hvac.exceptions

from ...contract import MAX_TERM, TEMPLATE_ADMIN
from ...errors import BrokerError
from ...leases.issuer import LeaseIssuer

ASKED = 30 * MAX_TERM
"""Term that is asked for, in seconds: longer than any run may live."""


def stretched(issuer: LeaseIssuer) -> list[str]:
    """Return what a renewal prolonged beyond its role's maximum, a line each.

    Raises:
        BrokerError: The broker refused a lease or its renewal, or did not answer.
    """
    outputs = issuer.outputs
    limits = {
        role: access.max_term for role, access in {**outputs.roles, TEMPLATE_ADMIN: outputs.template_admin}.items()
    }
    return [line for role, limit in limits.items() for line in _stretched(issuer, role, limit)]


def _stretched(issuer: LeaseIssuer, role: str, limit: int) -> Iterator[str]:
    lease = issuer.lease(role)
    try:
        answer = issuer.request(role, "PUT", "sys/leases/renew", lease_id=lease.id, increment=ASKED)
        left = {"lease": int(answer["lease_duration"]), "token": _renewed_token(issuer, role)}
    finally:
        issuer.revoke(lease)
    for what, seconds in left.items():
        if seconds > limit:
            yield f"a {what} of {role} was prolonged to {seconds} s; its maximum is {limit} s"


def _renewed_token(issuer: LeaseIssuer, role: str) -> int:
    client = issuer.client(role)
    try:
        seconds = int(client.auth.token.renew_self(increment=ASKED)["auth"]["lease_duration"])
        client.auth.token.revoke_self()
    except hvac.exceptions.VaultError as error:
        raise BrokerError(f"A token of {role!r} could not be renewed and revoked ({error}).") from None
    return seconds
