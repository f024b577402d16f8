"""The shop's environment, declared."""

import pulumi

from components import Environment
from stacks.authority import configured_authority
from stacks.images import configured_images

from .roles import ROLES

DEFAULT_TERM = 3600


def declare() -> None:
    """Declare the environment and export its outputs. The run has the stack's name."""
    environment = Environment(
        "environment",
        {
            "roles": ROLES,
            "term": pulumi.Config("leasehold").get_int("term", DEFAULT_TERM),
            "authority": configured_authority(),
            "images": configured_images(),
        },
    )
    for name, value in environment.outputs.items():
        pulumi.export(name, value)
