"""The drills that production runs: planned rotation, emergency revocation, a new password for the admin."""

import threading
import time
from collections.abc import Iterable

from ..contract import DATABASE_MOUNT, OPERATOR, REVOKE, ROTATE_ADMIN, broker_name
from .issuer import LeaseIssuer


class Rotation:
    """Runs drills on one run with the operator's login, which reads no credentials.

    A planned rotation costs an application nothing if it takes new credentials before the old ones end:
    `examples/suites/rotating.py` shows how for the usual pools.
    """

    def __init__(self, issuer: LeaseIssuer) -> None:
        self._issuer = issuer
        self._planned: list[threading.Thread] = []

    def leases(self, role: str) -> list[str]:
        """Return the ids of a role's live leases.

        Raises:
            UnknownRoleError: The run declares no such role.
            BrokerError: The broker refused, or did not answer.
        """
        path = self._issuer.outputs.access(role).credentials_path
        answer = self._issuer.request(OPERATOR, "LIST", f"sys/leases/lookup/{path}/")
        return [f"{path}/{key}" for key in answer.get("data", {}).get("keys", [])]

    def emergency(self, leases: Iterable[str]) -> None:
        """End leases now, their sessions first; they are gone when this returns.

        Raises:
            BrokerError: The broker refused, or did not answer.
        """
        for lease in leases:
            self._issuer.request(OPERATOR, "PUT", REVOKE, lease_id=lease, sync=True)

    def planned(self, leases: Iterable[str], grace: float) -> None:
        """End leases after a grace period, in which new ones are taken.

        Args:
            leases: Their ids.
            grace: How long they go on, in seconds.

        Raises:
            BrokerError: The broker refused, or did not answer.
        """
        time.sleep(grace)
        self.emergency(leases)

    def begin(self, leases: Iterable[str], grace: float) -> None:
        """Begin a planned rotation and return at once; `wait` waits for its end."""
        thread = threading.Thread(target=self.planned, args=(list(leases), grace), daemon=True)
        self._planned.append(thread)
        thread.start()

    def wait(self) -> None:
        """Wait until the rotations that were begun are over."""
        while self._planned:
            self._planned.pop().join()

    def password(self, role: str) -> None:
        """Give a static login another password now. Its sessions go on; who logs in has to ask for the new one.

        Raises:
            UnknownRoleError: The run declares no such role.
            BrokerError: The broker refused, or did not answer.
        """
        self._issuer.outputs.access(role)
        self._issuer.request(OPERATOR, "PUT", f"{DATABASE_MOUNT}/rotate-role/{broker_name(role)}")

    def admin(self) -> None:
        """Give the database's admin another password, which the broker alone knows.

        Raises:
            BrokerError: The broker refused, or did not answer.
        """
        self._issuer.request(OPERATOR, "PUT", ROTATE_ADMIN)
