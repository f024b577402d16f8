"""Methods by which this process logs in to a run's broker. A further method is a module here and a row in `METHODS`.

``LEASEHOLD_LOGIN`` names the method: ``approle`` (default), or ``jwt`` with a token in ``LEASEHOLD_ID_TOKEN_FILE``.
"""

import os
from collections.abc import Callable
from typing import Any, Protocol

import hvac

from ...errors import BrokerError
from ...outputs import Outputs
from .approle import AppRole
from .jwt import IdentityToken

VARIABLE = "LEASEHOLD_LOGIN"
DEFAULT = "approle"


class LoginMethod(Protocol):
    """Logs in as one role, as often as it is asked to."""

    def log_in(self, role: str) -> dict[str, Any]:
        """Return the broker's answer to a login: its ``auth``."""


METHODS: dict[str, Callable[[Outputs, Callable[[], hvac.Client]], LoginMethod]] = {
    "approle": AppRole,
    "jwt": IdentityToken,
}


def login_method(outputs: Outputs, client: Callable[[], hvac.Client]) -> LoginMethod:
    """Return the method that this process is to use.

    Raises:
        BrokerError: There is no such method, or the run does not offer it.
    """
    name = os.environ.get(VARIABLE) or DEFAULT
    if name not in METHODS or name not in outputs.broker.login_mounts:
        raise BrokerError(
            f"Run {outputs.run!r} offers no login method {name!r}, which {VARIABLE} names. It offers "
            f"{', '.join(outputs.broker.login_mounts)}. `jwt` needs an `identity` in the environment's declaration."
        )
    return METHODS[name](outputs, client)
