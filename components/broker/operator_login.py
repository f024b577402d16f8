"""The operator's login: it runs the drills that production runs, and reads no credentials."""

from typing import Any, TypedDict

import pulumi
import pulumi_vault as vault

from ..declared.run import Run
from ..declared.validation import Role, operator_role
from .login_methods import approle
from .policies import operator_policy


class OperatorArgs(TypedDict):
    """What an operator's login is made from."""

    run: Run
    """The run, which its tokens do not outlive."""
    roles: tuple[Role, ...]
    """The checked roles, whose leases it may end."""


class Operator(pulumi.ComponentResource):
    """An AppRole login for drills; the orchestrator has its secret ids made, as it does for roles."""

    logins: pulumi.Output[dict[str, Any]]
    """By login method, the id that it takes. No secret."""

    def __init__(self, name: str, args: OperatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Operator", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self, deleted_with=opts.deleted_with if opts else None)
        role = operator_role(args["run"].term)
        policy = vault.Policy(f"{name}-policy", name=role.name, policy=operator_policy(args["roles"]), opts=child)
        role_id = approle.declare(name, role, policy.name, None, child)
        self.logins = pulumi.Output.from_input({"approle": role_id})
        self.register_outputs({"logins": self.logins})
