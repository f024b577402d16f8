"""Dynamic secrets: the broker's database mount, and for each role a way to its credentials and no others."""

from typing import TypedDict

import pulumi
import pulumi_vault as vault

from leasehold.contract import CONNECTION, DATABASE_MOUNT

from ..declared.identity import Identity
from ..declared.roles import DEFAULT_LEASE_TERM
from ..declared.run import Run
from ..declared.validation import Role
from ..postgresql.lease_statements import CONNECTION_URL, USERNAME_TEMPLATE
from .operator_login import Operator
from .orchestrator import Orchestrator
from .role_access import RoleAccess


class DynamicSecretsArgs(TypedDict):
    """What dynamic secrets are made from."""

    run: Run
    """The run it belongs to."""
    expires: pulumi.Input[int]
    """When the run ends, in seconds since the epoch: no lease's login is valid any longer."""
    roles: tuple[Role, ...]
    """The checked roles that have leases."""
    admin: pulumi.Input[str]
    """Database login that makes and ends leases."""
    admin_password: pulumi.Input[str]
    """The admin's password."""
    identity: Identity | None
    """The issuer whose identity tokens the broker accepts."""
    broker_server: pulumi.Resource
    """The broker's server: when it is deleted, nothing in it needs to be."""


class DynamicSecrets(pulumi.ComponentResource):
    """The database mount, its connection and every role's access, made through the given Vault provider."""

    roles: dict[str, RoleAccess]
    """Each role's access, by role."""
    operator: Operator
    """Who runs the drills."""
    orchestrator: Orchestrator
    """Who has logins of roles made."""

    def __init__(self, name: str, args: DynamicSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:DynamicSecrets", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self, deleted_with=args["broker_server"])
        term = args["run"].term
        mount = vault.Mount(
            f"{name}-mount",
            path=DATABASE_MOUNT,
            type="database",
            default_lease_ttl_seconds=min(DEFAULT_LEASE_TERM, term),
            max_lease_ttl_seconds=term,
            opts=child,
        )
        connection = vault.database.SecretBackendConnection(
            f"{name}-connection",
            backend=mount.path,
            name=CONNECTION,
            allowed_roles=[role.key for role in args["roles"]],
            postgresql=vault.database.SecretBackendConnectionPostgresqlArgs(
                connection_url=CONNECTION_URL,
                username=args["admin"],
                username_template=USERNAME_TEMPLATE,
            ),
            # `data` goes to the broker as it is; the provider never reads it back.
            data=pulumi.Output.secret(
                {
                    "password": args["admin_password"],
                    # The broker hashes a lease's password before the database, and so its log, ever sees it.
                    "password_authentication": "scram-sha-256",
                }
            ),
            verify_connection=True,
            opts=child,
        )
        self.roles = {
            role.name: RoleAccess(
                f"{name}-{role.key}",
                {
                    "run": args["run"],
                    "expires": args["expires"],
                    "role": role,
                    "mount": mount.path,
                    "connection": connection.name,
                    "identity": args["identity"],
                },
                child,
            )
            for role in args["roles"]
        }
        # From here on the broker alone knows the admin's password; Pulumi's state does not.
        vault.generic.Endpoint(
            f"{name}-admin-rotation",
            path=pulumi.Output.format("{0}/rotate-root/{1}", mount.path, connection.name),
            data_json="{}",
            disable_read=True,
            disable_delete=True,
            opts=child,
        )
        self.operator = Operator(f"{name}-operator", {"run": args["run"], "roles": args["roles"]}, child)
        self.orchestrator = Orchestrator(f"{name}-orchestrator", {"run": args["run"], "roles": args["roles"]}, child)
        self.register_outputs({})
