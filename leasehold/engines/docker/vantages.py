"""Places on and beside a run's networks: a small container beside each server, and one that is elsewhere."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container
from docker.models.networks import Network

from ...contract import INNER, resource_name
from ...errors import EngineError, RunNotFoundError
from ..attempts import IMAGE, listening, listening_port, numbers_of, script_of
from ..current import current
from ..protocol import Attempt, Listener, Vantages
from . import execs
from .client import connected
from .faults import faults_of, notes_of
from .workload import labels_beside, names

_HEARD = "/tmp/udp"  # noqa: S108 - in the container


@contextmanager
def vantages(run: str) -> Iterator[Vantages]:
    """Give the places of a run's probe, for the length of a block.

    Raises:
        RunNotFoundError: It has no network here.
        EngineError: The engine cannot be reached.
    """
    with connected() as client, ThreadPoolExecutor() as pool:
        inner = _network(client, run)
        faults = list(faults_of(client, run))  # before our own containers join
        notes = list(notes_of(client, run))
        labels = labels_beside(client, run, "probe")
        with _outside(client, run, labels) as outside:
            networks = {"workload": inner, "outsider": outside}
            yield _Vantages(client, pool, run, faults=faults, notes=notes, networks=networks, labels=labels)


class _Place:
    """A container that listens, and from which is tried; see `protocol.Listener`."""

    def __init__(self, container: Container, address: str, port: int) -> None:
        self._container, self.address, self.port = container, address, port

    def heard(self) -> str:
        """Return what datagrams have said so far."""
        return self.run(f"cat {_HEARD}")

    def run(self, script: str) -> str:
        """Run a shell's script there; return what it prints."""
        try:
            return execs.run(self._container, ["sh", "-c", script], errors=False)[1].decode(errors="replace")
        except ConnectionError as error:
            raise EngineError(f"{error} Nothing is known of what the probe would have reached.") from None


class _Vantages:
    """Starts containers on two networks and beside the run's servers. See `protocol.Vantages`."""

    routed = False

    def __init__(
        self,
        client: docker.DockerClient,
        pool: ThreadPoolExecutor,
        run: str,
        *,
        faults: list[str],
        notes: list[str],
        networks: Mapping[str, Network],
        labels: Mapping[str, str],
    ) -> None:
        self._client, self._pool, self._run = client, pool, run
        self._faults, self._notes = faults, notes
        self._networks, self._labels = networks, labels
        self._port, self._places = listening_port(), dict[str, _Place]()

    def faults(self) -> list[str]:
        """Return what of the run's networks and containers is not set up as declared."""
        return self._faults

    def notes(self) -> list[str]:
        """Return what of them is as declared, and should be known."""
        return self._notes

    def addresses(self, run: str, server: str) -> Mapping[str, str]:
        """Return the addresses of a run's server, by network."""
        try:
            found = _addresses(self._client.containers.get(resource_name(run, server)))
        except docker.errors.NotFound:
            found = {}
        if resource_name(run, INNER) not in found:
            raise RunNotFoundError(f"Run {run!r} has no {server} on this engine, or it has stopped.")
        return found

    @contextmanager
    def listen(self, places: Iterable[str]) -> Iterator[Mapping[str, Listener]]:
        """Give a listener at each place for the length of a block."""
        names = list(places)
        with ExitStack() as stack:
            started = {place: self._pool.submit(self._start, place, stack) for place in names}
            wait(started.values())  # whatever fails, each container that was started is in the stack
            made = {place: future.result() for place, future in started.items()}
            self._places = {place: _Place(one, self._address(place, one), self._port) for place, one in made.items()}
            yield dict(self._places)

    def reach(self, place: str, attempts: Sequence[Attempt], patience: int) -> set[int]:
        """Make all attempts from one place, side by side; return the numbers of the connections that were made."""
        return numbers_of(self._places[place].run(script_of(attempts, patience)))

    def _address(self, place: str, container: Container) -> str:
        if place not in self._networks:
            return ""  # it has its server's own addresses
        container.reload()
        return _addresses(container).get(str(self._networks[place].name), "")

    def _start(self, place: str, stack: ExitStack) -> Container:
        """Start a container of ours, with as few rights as a run's own; it is removed when the stack is closed.

        It belongs to the run: if this process is killed, it is removed with the run.
        """
        where: dict[str, Any] = (
            {"network": self._networks[place].name, **names(self._client)}
            if place in self._networks
            else {"network_mode": f"container:{resource_name(self._run, place)}"}
        )
        try:
            made = self._create(where)
        except docker.errors.ImageNotFound:
            raise EngineError(
                f"There is no image {IMAGE!r} to probe with, and it could not be pulled. Name one that has a shell and "
                "socat in LEASEHOLD_IMAGE_PROBE; in a checkout, `make setup` builds one."
            ) from None
        stack.callback(made.remove, force=True)  # also if it does not start
        try:
            made.start()
        except docker.errors.APIError:
            if place not in self._networks and not current().is_running(resource_name(self._run, place)):
                raise EngineError(
                    f"Server {resource_name(self._run, place)} does not run, so nothing can be tried from beside it. A "
                    f"probe needs the whole run: end it with `leasehold down {self._run}` and create it again."
                ) from None
            raise
        return made

    def _create(self, where: Mapping[str, Any]) -> Container:
        def create() -> Container:
            return self._client.containers.create(
                IMAGE,
                ["-c", f"touch {_HEARD}; {listening(self._port, f'OPEN:{_HEARD},append')}"],
                entrypoint="sh",
                labels=dict(self._labels),
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                **where,
            )

        try:
            return create()
        except docker.errors.ImageNotFound:
            self._client.images.pull(IMAGE)
            return create()


def _addresses(container: Container) -> dict[str, str]:
    """Return a container's addresses by network; it has none when it has stopped."""
    networks = container.attrs["NetworkSettings"]["Networks"]
    return {name: str(on["IPAddress"]) for name, on in networks.items() if on["IPAddress"]}


@contextmanager
def _outside(client: docker.DockerClient, run: str, labels: Mapping[str, str]) -> Iterator[Network]:
    """Give a network that has nothing to do with the run but its label, by which it is found if we are killed."""
    made = client.networks.create(f"{resource_name(run, 'outside')}-{secrets.token_hex(3)}", labels=dict(labels))
    try:
        yield made
    finally:
        made.remove()


def _network(client: docker.DockerClient, run: str) -> Network:
    try:
        return client.networks.get(resource_name(run, INNER))
    except docker.errors.NotFound:
        raise RunNotFoundError(
            f"There is no run {run!r} on this engine. `leasehold list` shows those there are."
        ) from None
