"""Identity tokens (JWT): the CI system vouches for this job."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hvac

from ...contract import broker_name
from ...errors import BrokerError
from ...outputs import Outputs

VARIABLE = "LEASEHOLD_ID_TOKEN_FILE"
"""Names the file in which the CI system puts the job's token; read anew for each login, since tokens end soon."""


class IdentityToken:
    """Shows the job's identity token."""

    def __init__(self, outputs: Outputs, client: Callable[[], hvac.Client]) -> None:
        self._mount, self._new_client = outputs.broker.login_mounts["jwt"], client

    def log_in(self, role: str) -> dict[str, Any]:
        """Log in as a role.

        Raises:
            BrokerError: There is no token to show.
        """
        path = os.environ.get(VARIABLE, "")
        try:
            token = Path(path).read_text().strip()
        except OSError as error:
            raise BrokerError(
                f"There is no identity token to log in with ({error.strerror}: {path!r}). Put the job's token in "
                f"a file and name it in {VARIABLE}."
            ) from None
        client = self._new_client()
        data = {"role": broker_name(role), "jwt": token}
        answer = client.adapter.request("POST", f"/v1/auth/{self._mount}/login", json=data)
        auth: dict[str, Any] = answer["auth"]
        return auth
