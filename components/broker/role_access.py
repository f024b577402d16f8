"""One role's access to the broker: its dynamic role, its policy, and logins that hold the policy."""

from typing import Any, TypedDict

import pulumi
import pulumi_vault as vault

from ..declared.identity import Identity
from ..declared.run import Run
from ..declared.validation import Role
from ..postgresql.lease_statements import creation_statements, renewal_statements, revocation_statements
from .login_methods import offered
from .policies import policy_name, role_policy


class RoleAccessArgs(TypedDict):
    """What a role's access is made from."""

    run: Run
    """The run it belongs to."""
    expires: pulumi.Input[int]
    """When the run ends, in seconds since the epoch."""
    role: Role
    """The checked role."""
    mount: pulumi.Input[str]
    """Path of the database mount."""
    connection: pulumi.Input[str]
    """Name of the connection on it."""
    identity: Identity | None
    """The issuer whose identity tokens the broker accepts."""


class RoleAccess(pulumi.ComponentResource):
    """What lets a client log in and read one role's credentials, and nothing else."""

    credentials_path: pulumi.Output[str]
    """Path in the broker from which a lease is read."""
    logins: pulumi.Output[dict[str, Any]]
    """By login method: the id that a client needs beside its proof, or None. No secret."""

    def __init__(self, name: str, args: RoleAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:RoleAccess", name, {}, opts)
        role = args["role"]
        child = pulumi.ResourceOptions(parent=self, deleted_with=opts.deleted_with if opts else None)
        expires = pulumi.Output.from_input(args["expires"])
        dynamic_role = vault.database.SecretBackendRole(
            f"{name}-role",
            backend=args["mount"],
            name=role.key,
            db_name=args["connection"],
            creation_statements=expires.apply(lambda end: creation_statements(role, end)),
            renew_statements=expires.apply(renewal_statements),
            revocation_statements=revocation_statements(),
            rollback_statements=revocation_statements(),
            default_ttl=role.term,
            max_ttl=role.max_term,
            opts=child,
        )
        policy = vault.Policy(f"{name}-policy", name=policy_name(role.key), policy=role_policy(role), opts=child)
        identity = args["identity"]
        ids = {
            method: made.declare(name, role, policy.name, identity, child) for method, made in offered(identity).items()
        }
        self.credentials_path = pulumi.Output.format("{0}/creds/{1}", args["mount"], dynamic_role.name)
        self.logins = pulumi.Output.from_input(ids)
        self.register_outputs({"credentials_path": self.credentials_path, "logins": self.logins})
