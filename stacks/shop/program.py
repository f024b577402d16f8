"""The shop's environment, declared."""

import pulumi

from components import Environment, EnvironmentArgs
from stacks.authority import configured_authority

from .roles import ROLES


def declare() -> None:
    """Declare the environment and export its outputs. The run has the stack's name."""
    args: EnvironmentArgs = {
        "roles": ROLES,
        "authority": configured_authority(),
    }
    environment = Environment("environment", args)
    for name, value in environment.outputs.items():
        pulumi.export(name, value)
