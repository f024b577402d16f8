"""A stack whose holders may also log in with identity tokens of an issuer in the tests."""

import os
import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment
from stacks.shop.roles import ROLES

environment = Environment(
    "mine",
    {
        "roles": ROLES,
        "identity": {
            "issuer": "https://ci.example",
            "public_keys": [os.environ["LEASEHOLD_TEST_ISSUER_KEY"]],
            "audience": "leasehold",
            "claims": {"repository": "shop/backend"},
        },
    },
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
