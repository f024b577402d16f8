"""One role's access to the broker: its dynamic role, its policy, and an AppRole login that holds the policy."""

from typing import TypedDict

import pulumi
import pulumi_vault as vault

from .declared.checked import Role
from .declared.run import MAX_TERM, Run
from .rendered.leases import creation_statements, renewal_statements, revocation_statements
from .rendered.policies import APPROLE_MOUNT, policy_name, role_policy

LONGEST_LEASE = MAX_TERM
"""How long a lease may live when it is renewed again and again, in seconds: a run's longest term."""

TOKEN_TERM = 900
"""Term of a holder's token, in seconds, unless its role's leases live longer: they end with the token."""


class RoleAccessArgs(TypedDict):
    """What a role's access is made from."""

    run: Run
    """The run it belongs to."""
    role: Role
    """The checked role."""
    mount: pulumi.Input[str]
    """Path of the database mount."""
    connection: pulumi.Input[str]
    """Name of the connection on it."""


class RoleAccess(pulumi.ComponentResource):
    """What lets the holder of one AppRole login read one role's credentials."""

    credentials_path: pulumi.Output[str]
    """Path in the broker from which a lease is read."""
    role_id: pulumi.Output[str]
    """The AppRole's role id; no secret."""
    secret_id: pulumi.Output[str]
    """The AppRole's secret id, a secret."""

    def __init__(self, name: str, args: RoleAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:RoleAccess", name, {}, opts)
        role = args["role"]
        child = pulumi.ResourceOptions(parent=self, deleted_with=opts.deleted_with if opts else None)
        dynamic_role = vault.database.SecretBackendRole(
            f"{name}-role",
            backend=args["mount"],
            name=role.name,
            db_name=args["connection"],
            creation_statements=creation_statements(role),
            renew_statements=renewal_statements(),
            revocation_statements=revocation_statements(),
            rollback_statements=revocation_statements(),
            default_ttl=role.term,
            max_ttl=LONGEST_LEASE,
            opts=child,
        )
        policy = vault.Policy(f"{name}-policy", name=policy_name(role.name), policy=role_policy(role), opts=child)
        approle = vault.approle.AuthBackendRole(
            f"{name}-login",
            backend=APPROLE_MOUNT,
            role_name=role.name,
            token_policies=[policy.name],
            token_no_default_policy=True,
            token_ttl=max(TOKEN_TERM, role.term),
            token_max_ttl=LONGEST_LEASE,
            opts=child,
        )
        secret_id = vault.approle.AuthBackendRoleSecretId(
            f"{name}-secret-id",
            backend=APPROLE_MOUNT,
            role_name=approle.role_name,
            opts=pulumi.ResourceOptions.merge(
                child, pulumi.ResourceOptions(additional_secret_outputs=["secret_id", "wrapping_token"])
            ),
        )
        self.credentials_path = pulumi.Output.format("{0}/creds/{1}", args["mount"], dynamic_role.name)
        self.role_id = approle.role_id
        self.secret_id = pulumi.Output.secret(secret_id.secret_id)
        self.register_outputs(
            {
                "credentials_path": self.credentials_path,
                "role_id": self.role_id,
                "secret_id": self.secret_id,
            }
        )
