"""A Kubernetes cluster: a run is a namespace, or is in one that was given; a server is a Pod in it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from ...errors import EngineError
from ..protocol import Pipe, Running, Vantages, Workload
from ..resources import Resource
from . import files, pods, resources
from .advice import advice_on
from .answers import out_of_reach
from .api import CHOSEN_BY, NotThereError, connect, variables
from .execs import ExecPipe
from .leases import LeaseLocks
from .names import KEEPER, NAMESPACE, SERVER, given_namespace, namespace_of, service_path
from .published import reached_as
from .reach import SERVICES, Access, access, check_access, known_host
from .vantages import vantages
from .workload import started


class KubernetesEngine:
    """The cluster that kubectl reaches. See `protocol.Engine`."""

    name = "Kubernetes"
    plugins: tuple[str, ...] = ("kubernetes",)
    chosen_by = f"{CHOSEN_BY}, and {NAMESPACE}"
    server_type = "kubernetes:core/v1:Pod"

    @property
    def id(self) -> str:
        """What no other cluster is called: the id of a namespace that every cluster has, and that is made with it; or
        of the one that was given, for runs of another are none of this one's."""
        named = given_namespace()
        try:
            return str(connect().get(f"/api/v1/namespaces/{named or 'kube-system'}")["metadata"]["uid"])
        except NotThereError:
            raise EngineError(
                f"The cluster at {connect().where} has no namespace {named!r}, which {NAMESPACE} names. Nothing makes "
                "it: have it made, or name another."
            ) from None

    def where(self) -> str:
        """Return the address of its API server, and the namespace that was given."""
        named = given_namespace()
        return connect().where + (f", namespace {named}" if named else "")

    def check_reach(self) -> None:
        """Refuse to go on where nothing here would reach a run, as far as that is known before there is one."""
        check_access()

    def reached_at(self) -> str:
        """Return the address at which runs are reached; where each has a name of its own, the domain of all."""
        way = access()
        return SERVICES if way is Access.SERVICE else known_host(way)

    def out_of_reach(self, server: str, host: str, port: int) -> str:
        """Return why this process cannot reach a running server's port that somebody else reached; empty if it may."""
        return out_of_reach(server, host, port)

    @property
    def locks(self) -> LeaseLocks:
        """Its locks on runs."""
        return LeaseLocks(connect())

    def version(self) -> tuple[str, str]:
        """Return its version, and where it is."""
        return str(connect().get("/version")["gitVersion"]).removeprefix("v"), self.where()

    def variables(self) -> dict[str, str]:
        """Return environment variables by which another program reaches the same cluster."""
        return {**variables(), **({NAMESPACE: named} if (named := given_namespace()) else {})}

    def resources(self, label: str) -> list[Resource]:
        """List what carries a label: namespaces, and the Pods in them, ended ones too; in one that was given, all that
        we make."""
        return resources.labelled(connect(), label)

    def remove(self, resource: Resource) -> bool:
        """Remove a resource, and wait until it is gone; return False if it was gone already."""
        return resources.remove(connect(), resource)

    def guests(self, resource: Resource) -> list[Resource]:
        """Return none: a policy lets nobody in, and whatever is in a namespace goes with it."""
        return []

    def detach(self, network: Resource, server: Resource) -> bool:
        """Return False: there is nothing that a Pod could be taken off."""
        return False

    def address(self, server: str, port: int) -> tuple[str, int] | None:
        """Return host and port at which a server's port is reached; None if there is no such server."""
        found = pods.find(server)
        return reached_as(found, port) if found else None

    def open_pipe(self, server: str, command: Sequence[str]) -> Pipe:
        """Start a command in a server's container, as the server's own user."""
        return ExecPipe(server, command)

    def is_running(self, server: str) -> bool | None:
        """Return whether a server's container runs; None if there is no Pod of the name."""
        found = pods.find(server)
        return None if found is None else pods.is_running(found)

    def files(self, server: str, folder: str) -> dict[str, bytes]:
        """Return the files in a folder of a server that may have ended, by name, sorted; none if it is not there.

        Where the server has ended, the container beside it is asked, which has its log.
        """
        found = pods.find(server)
        if found is None:
            return {}
        container = next((one for one in (SERVER, KEEPER) if pods.is_running(found, one)), None)
        if container is None:
            raise EngineError(
                f"Folder {folder} of Pod {server} cannot be read: nothing of the Pod runs any more, for its term has "
                "ended or its node has stopped it."
            )
        return files.get(connect(), (namespace_of(server), server), folder, container=container)

    def shown(self, server: str) -> Iterator[tuple[str, bytes]]:
        """Yield what the cluster shows of a server: its objects, and what it printed."""
        api, found = connect(), pods.find(server)
        if found is None:
            return
        yield "inspection", json.dumps(found).encode()
        service = api.find(service_path(server))
        yield "service", json.dumps(service).encode()
        for container in (SERVER, KEEPER):
            yield f"log ({container})", api.request("GET", f"{pods.path_of(server)}/log", {"container": container})

    def start(self, workload: Workload) -> AbstractContextManager[Running]:
        """Start a workload in a Pod of its own; the Pod is removed at the end of the block."""
        return started(workload)

    def vantages(self, run: str) -> AbstractContextManager[Vantages]:
        """Give the places from which a probe of a run tries connections."""
        return vantages(run)

    def collided(self, error: str) -> bool:
        """Return False: nothing is chosen, but names and ports that the cluster itself gives."""
        return False

    def advice(self, error: str) -> str:
        """Return what to do about an error of the cluster's that Pulumi has reported; empty if nothing is known."""
        return advice_on(error)
