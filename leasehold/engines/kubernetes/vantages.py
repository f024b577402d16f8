"""Places in and beside a run's namespace: a small container in each server's Pod, and a Pod that is elsewhere."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from ...contract import INNER, resource_name
from ...errors import EngineError, RunNotFoundError
from ..attempts import IMAGE, listening, listening_port, numbers_of, script_of
from ..protocol import Attempt, Listener, Vantages
from ..resources import Resource
from . import pods
from .api import Api, NotThereError, connect
from .execs import run as run_in
from .faults import faults_of, notes_of
from .hosts import host_aliases, services_of
from .manifests import CONTAINER_SECURITY, NAMESPACE_LABELS, USER
from .names import INSIDE, OUTSIDE, SERVER, account_name, given_namespace, metadata_of, namespace_name, namespace_of
from .resources import NAMESPACE, remove
from .workload import LIMIT, labels_beside, pod

_STRATEGIC = "application/strategic-merge-patch+json"


@contextmanager
def vantages(run: str) -> Iterator[Vantages]:
    """Give the places of a run's probe, for the length of a block.

    Raises:
        RunNotFoundError: It is not here.
        EngineError: The cluster cannot be reached, or refuses.
    """
    api = connect()
    try:
        labels = labels_beside(api, run, "probe")
    except NotThereError:
        raise RunNotFoundError(
            f"There is no run {run!r} in this cluster. `leasehold list` shows those there are."
        ) from None
    faults = list(faults_of(api, run))  # before our own Pods are there
    with ThreadPoolExecutor() as pool, _outside(api, run, labels) as outside:
        yield _Vantages(api, pool, run, faults=faults, outside=outside, labels=labels)


class _Place:
    """A container that listens, and from which is tried; see `protocol.Listener`."""

    def __init__(self, api: Api, server: str, container: str, address: str, port: int) -> None:
        self._api, self._server, self.container, self.address, self.port = api, server, container, address, port

    def heard(self) -> str:
        """Return what datagrams have said so far."""
        log = self._api.request("GET", f"{pods.path_of(self._server)}/log", {"container": self.container})
        return log.decode(errors="replace")

    def run(self, script: str) -> str:
        """Run a shell's script there; return what it prints."""
        where = namespace_of(self._server), self._server
        return run_in(self._api, where, ["sh", "-c", script], container=self.container)[1].decode()

    def end(self) -> None:
        """Have the container end, which cannot be taken out of its Pod."""
        with suppress(EngineError):
            self.run("kill 1")


class _Vantages:
    """Has containers in the Pods, and two Pods of its own. See `protocol.Vantages`."""

    routed = True

    def __init__(
        self,
        api: Api,
        pool: ThreadPoolExecutor,
        run: str,
        *,
        faults: list[str],
        outside: str,
        labels: Mapping[str, str],
    ) -> None:
        self._api, self._pool, self._run, self._faults = api, pool, run, faults
        self._outside, self._labels = outside, labels
        self._port, self._places = listening_port(), dict[str, _Place]()
        self._script = listening(self._port, "STDOUT")

    def faults(self) -> list[str]:
        """Return what of the run's namespace is not set up as declared."""
        return self._faults

    def notes(self) -> list[str]:
        """Return what of it is as declared, and should be known."""
        return list(notes_of(self._api, self._run))

    def addresses(self, run: str, server: str) -> Mapping[str, str]:
        """Return the one address of a run's server: its Pod's."""
        found = pods.find(resource_name(run, server))
        address = (found or {}).get("status", {}).get("podIP")
        if not address:
            raise RunNotFoundError(f"Run {run!r} has no {server} in this cluster.")
        return {resource_name(run, INNER): str(address)}

    @contextmanager
    def listen(self, places: Iterable[str]) -> Iterator[Mapping[str, Listener]]:
        """Give a listener at each place for the length of a block."""
        with ExitStack() as stack:
            started = {place: self._pool.submit(self._start, place, stack) for place in places}
            wait(started.values())  # whatever fails, each that was started is in the stack
            self._places = {place: future.result() for place, future in started.items()}
            yield dict(self._places)

    def reach(self, place: str, attempts: Sequence[Attempt], patience: int) -> set[int]:
        """Make all attempts from one place, side by side; return the numbers of the connections that were made."""
        return numbers_of(self._places[place].run(script_of(attempts, patience)))

    def _start(self, place: str, stack: ExitStack) -> _Place:
        if place in ("workload", "outsider"):
            return self._start_pod(place, stack)
        server, container = resource_name(self._run, place), f"probe-{secrets.token_hex(3)}"
        if not pods.is_running(self._api.get(pods.path_of(server))):
            raise EngineError(
                f"Server {server} does not run, so nothing can be tried from beside it. A probe needs the whole run: "
                f"end it with `leasehold down {self._run}` and create it again."
            )
        added = {"spec": {"ephemeralContainers": [_beside(container, self._script)]}}
        path = f"{pods.path_of(server)}/ephemeralcontainers"
        self._api.patch(path, added, _STRATEGIC)
        made = _Place(self._api, server, container, "", self._port)  # it has its server's own address
        stack.callback(made.end)
        pods.await_running(self._api, (namespace_of(server), server), LIMIT, container)
        return made

    def _start_pod(self, place: str, stack: ExitStack) -> _Place:
        inside = place == "workload"
        namespace = namespace_name(self._run) if inside else self._outside
        probe = f"probe{secrets.token_hex(3)}"
        shared = namespace == namespace_name(self._run)
        name = resource_name(self._run, probe) if shared else f"{namespace}-{probe}"
        body = pod(
            name,
            IMAGE,
            self._labels,
            folders=set(),
            environment={},
            aliases=host_aliases(services_of(self._api, self._run)) if inside else (),
            network=INSIDE if inside else OUTSIDE,
            script=self._script,
        )
        path = f"/api/v1/namespaces/{namespace}/pods"
        made = self._api.create(path, body)
        stack.callback(self._api.delete, f"{path}/{name}", str(made["metadata"]["uid"]), 0)
        found = pods.await_running(self._api, (namespace, name), LIMIT)
        return _Place(self._api, name, SERVER, str(found["status"]["podIP"]), self._port)


def _beside(name: str, script: str) -> dict[str, Any]:
    """Return a container that joins a Pod, as narrow as those that are in it."""
    return {
        "name": name,
        "image": IMAGE,
        "command": ["/bin/sh", "-c", script],
        "securityContext": {**CONTAINER_SECURITY, "runAsUser": USER, "readOnlyRootFilesystem": True},
    }


@contextmanager
def _outside(api: Api, run: str, labels: Mapping[str, str]) -> Iterator[str]:
    """Give a namespace for what has nothing to do with the run but its labels, by which it is found if we are killed.

    In a namespace that was given it is that one: whoever shares it is as far outside as anybody.
    """
    if given := given_namespace():
        yield given
        return
    name = f"{namespace_name(run)}-out-{secrets.token_hex(3)}"
    plain, annotations = metadata_of(labels)
    metadata = {"name": name, "labels": {**plain, **NAMESPACE_LABELS}, "annotations": annotations}
    made = api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    try:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account_name(run)}}
        api.create(f"/api/v1/namespaces/{name}/serviceaccounts", {**account, "automountServiceAccountToken": False})
        yield name
    finally:
        remove(api, Resource(NAMESPACE, str(made["metadata"]["uid"]), name))
