"""The authority from the stack's configuration: `leasehold rotate NAME --ca` sets it."""

import pulumi

from components import AuthorityArgs


def configured_authority() -> AuthorityArgs:
    """Return which generation signs (``leasehold:authority``), and the oldest trusted one (``leasehold:trusted``)."""
    config = pulumi.Config("leasehold")
    generation = config.get_int("authority", 1)
    return {"generation": generation, "trusted": config.get_int("trusted", generation)}
