"""The smallest environment, for measuring."""

import pulumi

from components import Environment


def declare() -> None:
    """Declare a run with one role."""
    environment = Environment("crowd", {"roles": [{"name": "owner", "owns": ["app"]}]})
    for name, value in environment.outputs.items():
        pulumi.export(name, value)
