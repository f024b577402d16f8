"""Who reaches whom in a run's namespace: nobody anybody, and then what two networks, inner and edge, would allow.

Pure: as the API has it.
"""

from typing import Any

from ...contract import BROKER_PORT, DATABASE_PORT, GATEWAY, PART_LABEL
from .names import INSIDE, NETWORK_LABEL

DNS_NAMESPACE, DNS_LABELS, DNS_PORT = "kube-system", {"k8s-app": "kube-dns"}, 53
"""The cluster's own name server, as kubeadm, k3s, kind and the managed ones have it."""


def policies() -> dict[str, dict[str, Any]]:
    """Return the policies of a run's namespace, by name."""
    inside = {"matchLabels": {NETWORK_LABEL: INSIDE}}
    server = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": DNS_NAMESPACE}},
        "podSelector": {"matchLabels": DNS_LABELS},
    }
    return {
        # Every Pod of the namespace, also one that somebody else makes there.
        "closed": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "inner": {
            "podSelector": inside,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [{"podSelector": inside}]}],
            "egress": [{"to": [{"podSelector": inside}]}],
        },
        "names": {
            "podSelector": inside,
            "policyTypes": ["Egress"],
            "egress": [{"to": [server], "ports": [_port("UDP", DNS_PORT), _port("TCP", DNS_PORT)]}],
        },
        "gateway": {
            "podSelector": {"matchLabels": {PART_LABEL: GATEWAY}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [_port("TCP", DATABASE_PORT), _port("TCP", BROKER_PORT)]}],
        },
    }


def _port(protocol: str, port: int) -> dict[str, Any]:
    return {"protocol": protocol, "port": port}
