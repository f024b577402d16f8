"""One role's access to the broker: its dynamic role, its policy, and logins that hold the policy."""

from typing import Any, TypedDict

import pulumi
import pulumi_vault as vault

from ..declared.identity import Identity
from ..declared.run import Run
from ..declared.validation import Role
from ..postgresql.lease_statements import (
    creation_statements,
    renewal_statements,
    revocation_statements,
    rotation_statements,
)
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
        policy = vault.Policy(f"{name}-policy", name=policy_name(role.key), policy=role_policy(role), opts=child)
        identity = args["identity"]
        ids = {
            method: made.declare(name, role, policy.name, identity, child) for method, made in offered(identity).items()
        }
        declare = self._static if role.is_static else self._dynamic
        self.credentials_path = declare(name, args, child)
        self.logins = pulumi.Output.from_input(ids)
        self.register_outputs({"credentials_path": self.credentials_path, "logins": self.logins})

    def _dynamic(self, name: str, args: RoleAccessArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
        """Have the broker make logins; return the path at which it does."""
        role, expires = args["role"], pulumi.Output.from_input(args["expires"])
        made = vault.database.SecretBackendRole(
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
            opts=opts,
        )
        return pulumi.Output.format("{0}/creds/{1}", args["mount"], made.name)

    def _static(self, name: str, args: RoleAccessArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
        """Have the broker keep the password of the role's own login, and rotate it; return the path at which it tells
        it. It gives the login its first password at once."""
        role = args["role"]
        data = pulumi.Output.json_dumps(
            {
                "username": role.name,
                "db_name": args["connection"],
                "rotation_period": role.term,
                "rotation_statements": rotation_statements(role),
            }
        )
        made = vault.generic.Endpoint(
            f"{name}-static-role",
            path=pulumi.Output.format("{0}/static-roles/{1}", args["mount"], role.key),
            data_json=data,
            disable_read=True,
            opts=opts,
        )
        return made.path.apply(lambda path: path.replace("/static-roles/", "/static-creds/", 1))
