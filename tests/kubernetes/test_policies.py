"""NetworkPolicies are enforced; each refusal has a control beside it that does get through."""

import pytest

from .support import PORT, Namespace, until

pytestmark = pytest.mark.kubernetes


@pytest.fixture
def peers(namespace: Namespace) -> Namespace:
    """Two servers and two clients, all of whom reach the servers, by their pods' addresses and their services'."""
    for name in ("web", "other"):
        namespace.server(name)
    for name in ("may", "maynot"):
        namespace.pod(name)
    for name in ("may", "maynot"):
        until(lambda name=name: all(reached(namespace, name, "web")))  # type: ignore[misc]
        assert reached(namespace, name, "other") == (True, True)
    return namespace


def reached(namespace: Namespace, pod: str, server: str) -> tuple[bool, bool]:
    """Return whether a pod reaches a server by the pod's address, and by the service's."""
    by_pod = namespace.reaches(pod, namespace.address(server), PORT)
    return by_pod, namespace.reaches(pod, namespace.service_address(server), 80)


def test_an_ingress_policy_lets_in_whom_it_names(peers: Namespace) -> None:
    allowed = [{"from": [{"podSelector": {"matchLabels": {"name": "may"}}}], "ports": [{"port": PORT}]}]
    peers.policy("web", "web", ingress=allowed)
    until(lambda: reached(peers, "maynot", "web") == (False, False))
    until(lambda: reached(peers, "may", "web") == (True, True))
    assert reached(peers, "maynot", "web") == (False, False)
    assert reached(peers, "maynot", "other") == (True, True)


def test_an_egress_policy_lets_out_to_whom_it_names(peers: Namespace) -> None:
    allowed = [{"to": [{"podSelector": {"matchLabels": {"name": "other"}}}]}]
    peers.policy("maynot", "maynot", egress=allowed)
    until(lambda: reached(peers, "maynot", "web") == (False, False))
    until(lambda: reached(peers, "maynot", "other") == (True, True))
    assert reached(peers, "maynot", "web") == (False, False)
    assert reached(peers, "may", "web") == (True, True)


def test_a_policy_that_goes_lets_in_again(peers: Namespace) -> None:
    peers.policy("web", "web", ingress=[])
    until(lambda: reached(peers, "may", "web") == (False, False))
    peers.networking.delete_namespaced_network_policy("web", peers.name)
    until(lambda: reached(peers, "may", "web") == (True, True))


def test_egress_to_dns_is_allowed_by_its_usual_labels(peers: Namespace) -> None:
    dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    peers.policy("nothing", "maynot", egress=[])
    question = ("nslookup", f"web.{peers.name}.svc.cluster.local")
    until(lambda: peers.run("maynot", *question)[0] != 0)
    peers.policy("names", "maynot", egress=[{"to": [dns], "ports": ports}])
    until(lambda: peers.run("maynot", *question)[0] == 0)
    assert reached(peers, "maynot", "web") == (False, False)
