"""What a lease issuer asks of a broker. `broker.BrokerClient` asks the run's own; `memory.MemoryBroker` is a fake."""

from typing import Any, Protocol

import hvac


class Broker(Protocol):
    """A broker, each request with the login of the role that it is for."""

    def request(self, role: str, method: str, path: str, **data: Any) -> dict[str, Any]:
        """Send one request with a role's login.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: It was refused, or not answered.
        """

    def open(self, role: str) -> hvac.Client:
        """Return a client with a login of its own as a role.

        Raises:
            UnknownRoleError: No such role is declared.
            BrokerError: The login was refused, or not answered.
        """

    def request_anonymously(self, path: str) -> None:
        """Send a request without a token, which is refused and audited.

        Raises:
            BrokerError: It was not answered.
        """

    def tokens(self) -> dict[str, str]:
        """Return the tokens that are in use, by role."""
