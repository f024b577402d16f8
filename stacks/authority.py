"""The authority from the stack's configuration: `leasehold rotate NAME --ca` sets it."""

import pulumi

from components import AuthorityArgs
from leasehold.contract import SETTINGS, SIGNING_KEY, TRUSTED_KEY


def configured_authority() -> AuthorityArgs:
    """Return which generation signs (``leasehold:authority``), and the oldest trusted one (``leasehold:trusted``)."""
    config = pulumi.Config(SETTINGS)
    generation = config.get_int(SIGNING_KEY, 1)
    return {"generation": generation, "trusted": config.get_int(TRUSTED_KEY, generation)}
