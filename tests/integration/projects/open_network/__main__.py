"""The shop with an inner network that has a way out, and an edge that masquerades."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from typing import Any

import pulumi_docker as docker

from stacks import shop

declared = docker.Network.__init__


def opened(self: docker.Network, *words: Any, **settings: Any) -> None:
    settings["internal"] = False
    settings["options"] = {}
    declared(self, *words, **settings)


docker.Network.__init__ = opened  # type: ignore[method-assign, assignment]
shop.declare()
