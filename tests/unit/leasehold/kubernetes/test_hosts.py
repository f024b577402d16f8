"""The names of a run's servers in its Pods."""

from typing import Any, cast

from leasehold.contract import RUN_LABEL
from leasehold.engines.kubernetes.api import Api
from leasehold.engines.kubernetes.hosts import host_aliases, services_of


def _service(name: str, *addresses: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"clusterIP": addresses[0], "clusterIPs": list(addresses)}}


class Answers:
    """Answers with three Services of a run, and one that somebody else has labelled like them."""

    def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        assert (path, query) == ("/api/v1/namespaces/leasehold-a/services", {"labelSelector": f"{RUN_LABEL}=a"})
        return [
            _service("leasehold-a-gateway", "192.0.2.3"),
            _service("leasehold-a-database", "192.0.2.1", "2001:db8::1"),
            _service("leasehold-a-broker", "192.0.2.2"),
            _service("leasehold-a-other", "192.0.2.9"),
        ]


def test_each_server_is_known_by_its_part_at_its_services_address() -> None:
    found = services_of(cast(Api, Answers()), "a")
    assert list(found) == ["database", "broker", "gateway"]  # the order is the same each time: else a Pod is another
    assert host_aliases(found) == [
        {"ip": "192.0.2.1", "hostnames": ["database"]},
        {"ip": "2001:db8::1", "hostnames": ["database"]},
        {"ip": "192.0.2.2", "hostnames": ["broker"]},
        {"ip": "192.0.2.3", "hostnames": ["gateway"]},
    ]
