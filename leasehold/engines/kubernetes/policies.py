"""Who reaches whom in a run: nobody anybody, and then what two networks, inner and edge, would allow.

Nobody asks a name server, for each Pod has the names of the run's servers in its own ``/etc/hosts``. Pure: as the API
has it.
"""

from collections.abc import Mapping
from typing import Any

from ...contract import BROKER_PORT, DATABASE_PORT, GATEWAY, PART_LABEL, RUN_LABEL, resource_name
from .names import INSIDE, NETWORK_LABEL

_BOTH = ["Ingress", "Egress"]


def policies(run: str, *, alone: bool) -> dict[str, dict[str, Any]]:
    """Return the policies of a run, by physical name.

    Args:
        run: The run's name.
        alone: Whether the namespace is the run's own. Then they are for every Pod of it, also one that somebody else
            makes there; else for those that carry the run's label, and nobody else's.
    """
    inside = {"matchLabels": {RUN_LABEL: run, NETWORK_LABEL: INSIDE}}
    gateway = {"matchLabels": {RUN_LABEL: run, PART_LABEL: GATEWAY}}
    declared: Mapping[str, dict[str, Any]] = {
        "closed": {"podSelector": {} if alone else inside, "policyTypes": _BOTH},
        "inner": {
            "podSelector": inside,
            "policyTypes": _BOTH,
            "ingress": [{"from": [{"podSelector": inside}]}],
            "egress": [{"to": [{"podSelector": inside}]}],
        },
        "gateway": {
            "podSelector": gateway,
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": port} for port in (DATABASE_PORT, BROKER_PORT)]}],
        },
    }
    return {resource_name(run, called): spec for called, spec in declared.items()}
