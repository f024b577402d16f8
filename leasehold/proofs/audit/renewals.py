"""That no holder stretches what it was given: leases and tokens are really renewed, for as long as can be asked."""

from collections.abc import Iterator

import hvac
import hvac.exceptions

from ...contract import MAX_TERM, TEMPLATE_ADMIN
from ...errors import BrokerError
from ...leases.issuer import LeaseIssuer

RENEW = "sys/leases/renew"

ASKED = 30 * MAX_TERM
"""Term that is asked for, in seconds: longer than any run may live."""


def stretched(issuer: LeaseIssuer) -> list[str]:
    """Return a line for each renewal that prolonged something beyond its role's maximum, or could not be tried."""
    outputs = issuer.outputs
    roles = {**outputs.roles, TEMPLATE_ADMIN: outputs.template_admin}
    return [line for role, access in roles.items() for line in _of_role(issuer, role, access.max_term)]


def _of_role(issuer: LeaseIssuer, role: str, limit: int) -> Iterator[str]:
    for what, renew in (("lease", _renewed_lease), ("token", _renewed_token)):
        try:
            left = renew(issuer, role)
        except (BrokerError, hvac.exceptions.VaultError) as error:
            yield f"the maximum of a {what} of {role} could not be tried: {error}"
        else:
            if left > limit:
                yield f"a {what} of {role} was prolonged to {left} s; its maximum is {limit} s"


def _renewed_lease(issuer: LeaseIssuer, role: str) -> int:
    lease = issuer.lease(role)
    try:
        return int(issuer.request(role, "PUT", RENEW, lease_id=lease.id, increment=ASKED)["lease_duration"])
    finally:
        issuer.revoke(lease)


def _renewed_token(issuer: LeaseIssuer, role: str) -> int:
    client = issuer.client(role)
    try:
        return int(client.auth.token.renew_self(increment=ASKED)["auth"]["lease_duration"])
    finally:
        client.auth.token.revoke_self()
