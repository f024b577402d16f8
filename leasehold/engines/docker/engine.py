"""A Docker-compatible engine: containers, bridge networks and volumes."""

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress

import docker.errors
import requests

from ...contract import HOST_LABEL
from ...errors import EngineError
from ..locks import Locks
from ..protocol import Pipe, Running, Vantages, Workload
from ..resources import Resource
from . import resources
from .answers import out_of_reach, unanswered
from .client import BY_HOW, CHOSEN_BY, NOT_FOR_THIS_USER, connected, found, variables, where
from .kind import is_podman
from .pipe import ExecPipe
from .reach import PUBLISH, is_loopback
from .vantages import vantages
from .workload import started

_POOLS = (
    "Remove networks that nobody uses (`docker network prune`, `leasehold sweep`), or give the engine more "
    "(`default-address-pools` in its daemon.json)."
)
_IMAGES = (
    "Name an image that the engine has or can pull: in the declaration's `images`, or in LEASEHOLD_IMAGE_DATABASE, "
    "_BROKER or _GATEWAY. In a checkout, `make setup` provides those of the defaults."
)
_ADVICE = {
    "IPv4 address pool": _POOLS,
    "predefined address pools": _POOLS,
    "no space left on device": "Make room where the engine keeps its data (`docker system df` tells what takes it).",
    "nable to pull image": _IMAGES,
    "No such image": _IMAGES,
    "cannot assign requested address": (
        "The engine's host does not have the address on which ports are to be published, though it is reached there: "
        f"addresses are translated on the way. Name one that it has in {PUBLISH}."
    ),
    "permission denied while trying to connect": f"This user may not use the engine's socket. {NOT_FOR_THIS_USER}",
    "Cannot connect to the Docker daemon": f"Start the engine {BY_HOW}",
}
"""What to do, by words of an error of the engine's."""


class DockerEngine:
    """The engine that the docker command reaches. See `protocol.Engine`."""

    name = "Docker Engine"
    plugins: tuple[str, ...] = ("docker",)
    chosen_by = CHOSEN_BY
    server_type = "docker:index/container:Container"
    locks: Locks | None = None
    """It has none: nothing of it is there to be changed by one of two who try."""

    @property
    def id(self) -> str:
        """What the engine calls itself, and where its data is: two of one host may have one name (moby, key.json).

        Podman calls itself otherwise each time, so there its host's name stands for it.
        """
        with connected() as client:
            told = client.info()
            called = told.get("Name") if is_podman(client.version()) else told.get("ID")
        return f"{called} {told.get('DockerRootDir')}"

    def where(self) -> str:
        """Return the address at which this process reaches it."""
        return where()

    def check_reach(self) -> None:
        """Refuse to go on where nothing that the engine's host publishes can be reached."""
        found()

    def reached_at(self) -> str:
        """Return the address, or the name, at which this process reaches what the engine's host publishes."""
        return found().host

    def out_of_reach(self, server: str, host: str, port: int) -> str:
        """Return why this process cannot reach a running server's port, which somebody else reached; empty if it may.

        Who cannot ask the engine is told nothing.
        """
        why = unanswered(host, port)
        if not (why or is_loopback(host)):
            return ""
        with suppress(EngineError):
            told = out_of_reach(found(), host, port, why)
            return told if told and self.is_running(server) else ""
        return ""

    def version(self) -> tuple[str, str]:
        """Return its version, and where it is."""
        with connected() as client:
            version = str(client.version()["Version"])
        return version, where()

    def variables(self) -> dict[str, str]:
        """Return environment variables by which another program reaches the same engine."""
        return variables()

    def resources(self, label: str) -> list[Resource]:
        """List what carries a label, stopped containers too."""
        with connected() as client:
            return resources.labelled(client, label)

    def remove(self, resource: Resource) -> bool:
        """Remove a resource; return False if it was gone already."""
        with connected() as client:
            return resources.remove(client, resource)

    def guests(self, resource: Resource) -> list[Resource]:
        """List the containers on a network; none if it is gone, or no network."""
        if resource.kind != resources.NETWORK:
            return []
        with connected() as client:
            return resources.guests(client, resource)

    def detach(self, network: Resource, server: Resource) -> bool:
        """Take a container off a network; return False if either was gone already."""
        with connected() as client:
            return resources.detach(client, network, server)

    def address(self, server: str, port: int) -> tuple[str, int] | None:
        """Return host and port at which a container's port is published; None if there is no such container."""
        with connected() as client:
            try:
                container = client.containers.get(server)
            except docker.errors.NotFound:
                return None
        there = container.ports.get(f"{port}/tcp")
        if not there:
            return None
        return container.labels.get(HOST_LABEL) or str(there[0]["HostIp"]), int(there[0]["HostPort"])

    def open_pipe(self, server: str, command: Sequence[str]) -> Pipe:
        """Start a command in a container, as the container's own user."""
        return ExecPipe(server, command)

    def is_running(self, server: str) -> bool | None:
        """Return whether a container runs; None if there is none of the name."""
        with connected() as client:
            try:
                return bool(client.api.inspect_container(server)["State"]["Running"])
            except docker.errors.NotFound:
                return None
            except docker.errors.APIError as error:
                raise EngineError(f"The engine does not tell whether container {server} runs ({error}).") from None

    def files(self, server: str, folder: str) -> dict[str, bytes]:
        """Return the files in a folder of a container that may have ended, by name, sorted; none if it is not there."""
        with connected() as client:
            try:
                pieces, _ = client.api.get_archive(server, folder)
                packed = io.BytesIO(b"".join(pieces))
            except docker.errors.NotFound:
                return {}
            except (docker.errors.DockerException, requests.RequestException) as error:
                raise EngineError(f"Folder {folder} of container {server} cannot be read ({error}).") from None
        with tarfile.open(fileobj=packed) as tar:
            members = sorted((member for member in tar.getmembers() if member.isfile()), key=lambda found: found.name)
            opened = {member.name.rpartition("/")[2]: tar.extractfile(member) for member in members}
            return {name: file.read() for name, file in opened.items() if file}

    def shown(self, server: str) -> Iterator[tuple[str, bytes]]:
        """Yield what the engine shows of a container: inspection, log, and its image's history."""
        with connected() as client:
            try:
                found = client.containers.get(server)
            except docker.errors.NotFound:
                return
            yield "inspection", json.dumps(found.attrs).encode()
            yield "log", bytes(found.logs())
            yield "image history", json.dumps(found.image.history() if found.image else []).encode()

    def start(self, workload: Workload) -> AbstractContextManager[Running]:
        """Start a workload in a container of its own; the container is removed at the end of the block."""
        return started(workload)

    def vantages(self, run: str) -> AbstractContextManager[Vantages]:
        """Give the places from which a probe of a run tries connections."""
        return vantages(run)

    def collided(self, error: str) -> bool:
        """Return whether a network's subnet was taken by another network at that moment (moby, libnetwork/ipam)."""
        return "Pool overlaps with other one" in error

    def advice(self, error: str) -> str:
        """Return what to do about an error of the engine's that Pulumi has reported; empty if nothing is known."""
        return " ".join(advice for words, advice in _ADVICE.items() if words in error)
