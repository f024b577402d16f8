"""The orchestrator: it may have logins of every role made, one at a time and wrapped, and use none of them."""

from typing import Any, TypedDict

import pulumi
import pulumi_vault as vault

from leasehold.contract import ORCHESTRATOR

from ..declared.run import Run
from ..declared.validation import Role
from .policies import APPROLE_MOUNT, orchestrator_policy

TOKEN_TERM = 900
"""Term of its tokens, in seconds."""


class OrchestratorArgs(TypedDict):
    """What an orchestrator is made from."""

    run: Run
    """The run, which its tokens do not outlive."""
    roles: tuple[Role, ...]
    """The checked roles."""


class Orchestrator(pulumi.ComponentResource):
    """A "trusted orchestrator" (Vault manual, AppRole usage best practices): the test harness's own login."""

    login: pulumi.Output[dict[str, Any]]
    """Its ``role_id`` and ``secret_id``, a secret."""

    def __init__(self, name: str, args: OrchestratorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Orchestrator", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self, deleted_with=opts.deleted_with if opts else None)
        policy = vault.Policy(
            f"{name}-policy", name=ORCHESTRATOR, policy=orchestrator_policy(args["roles"]), opts=child
        )
        approle = vault.approle.AuthBackendRole(
            f"{name}-approle",
            backend=APPROLE_MOUNT,
            role_name=ORCHESTRATOR,
            token_policies=[policy.name],
            token_no_default_policy=True,
            token_ttl=min(TOKEN_TERM, args["run"].term),
            token_max_ttl=args["run"].term,
            token_explicit_max_ttl=args["run"].term,
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
        self.login = pulumi.Output.secret({"role_id": approle.role_id, "secret_id": secret_id.secret_id})
        self.register_outputs({})  # the SDK logs what is registered, secrets too
