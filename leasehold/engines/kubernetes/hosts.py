"""The names of a run's servers, inside: in the ``/etc/hosts`` of each of its Pods (Kubernetes API, HostAlias).

`database` is another server in each run, also where several share a namespace, and nobody has to ask a name server,
which would be a way out.
"""

from collections.abc import Mapping

from ...contract import RUN_LABEL, SERVERS
from .api import Api, Object
from .names import namespace_name, part_of


def services_of(api: Api, run: str) -> dict[str, Object]:
    """Return the Services of a run's servers, by the server's part.

    Raises:
        EngineError: The cluster cannot be reached, or refuses.
    """
    path = f"/api/v1/namespaces/{namespace_name(run)}/services"
    found = {part_of(str(one["metadata"]["name"])): one for one in api.listed(path, labelSelector=f"{RUN_LABEL}={run}")}
    return {part: found[part] for part in SERVERS if part in found}


def host_aliases(services: Mapping[str, Object]) -> list[Object]:
    """Return what makes servers known by their parts in a Pod: each leads to the address of its Service."""
    return [
        {"ip": address, "hostnames": [part]}
        for part, service in services.items()
        for address in service["spec"].get("clusterIPs") or [service["spec"]["clusterIP"]]
    ]
