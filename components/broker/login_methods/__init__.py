"""Methods by which clients log in to the broker. A further method is a module here and a row in `METHODS`."""

from typing import Any, Protocol

import pulumi

from ...declared.identity import Identity
from ...declared.validation import Role
from . import approle, jwt


class LoginMethod(Protocol):
    """What a method's module has: its functions are these methods, without `self` (PEP 544)."""

    MOUNT: str

    def offered(self, identity: Identity | None) -> bool:
        """Return whether an environment with this declaration has the method."""

    def setup(self, identity: Identity | None) -> list[tuple[str, dict[str, Any]]]:
        """Return paths and data of the writes with which the broker sets the method up."""

    def role_paths(self, role: str) -> list[str]:
        """Return the paths that Pulumi writes for a role's login."""

    def declare(
        self,
        name: str,
        role: Role,
        policy: pulumi.Input[str],
        identity: Identity | None,
        opts: pulumi.ResourceOptions,
    ) -> pulumi.Output[str] | None:
        """Declare a role's login, with its policy; return the id that a client needs, if any."""


METHODS: dict[str, LoginMethod] = {"approle": approle, "jwt": jwt}


def offered(identity: Identity | None) -> dict[str, LoginMethod]:
    """Return the methods of an environment."""
    return {name: method for name, method in METHODS.items() if method.offered(identity)}
