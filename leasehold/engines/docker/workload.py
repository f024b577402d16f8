"""Workloads as containers: a command that joins a run's inner network for a while."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container

from ...contract import INNER, LABEL_PREFIX, PART_LABEL, resource_name
from ...errors import EngineError
from ..protocol import Running, Workload
from .client import connected
from .kind import is_podman

# No name is looked up in the world: Docker's resolver would ask from the host's network (CVE-2024-29018).
_NO_OUTSIDE_NAMES: Any = {"dns": ["127.0.0.1"], "dns_opt": ["timeout:1", "attempts:1"]}


class _Attached:
    """A container whose output is passed on."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._output = container.attach(stream=True, demux=True)  # before it starts, so that nothing is missed
        container.start()

    def output(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield what it writes to standard output and standard error, until it ends."""
        for out, err in self._output:
            yield out or b"", err or b""

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._container.kill(number)

    def wait(self) -> int:
        """Return its exit status once it has ended."""
        return _exit_status(self._container)


@contextmanager
def started(workload: Workload) -> Iterator[Running]:
    """Start a workload; its container is removed at the end of the block.

    Its files are put into the container before it starts, for its user alone.

    Raises:
        EngineError: The engine cannot be reached, or has no such image.
    """
    with connected() as client:
        container = _create(client, workload)
        try:
            container.put_archive("/", _archive(workload, _uid(container)))
            yield _Attached(container)
        finally:
            container.remove(force=True)


def _exit_status(container: Container) -> int:
    """Return a container's exit status once it has ended.

    Podman's answer to a wait may come while the container runs, and tells of no failure then; its state decides.
    """
    while True:
        container.wait()
        container.reload()
        state = container.attrs["State"]
        if not state["Running"]:
            return int(state["ExitCode"])


def names(client: docker.DockerClient) -> dict[str, Any]:
    """Return how a container on a run's network finds names: with Docker none but the run's own; Podman's only resolver
    looks others up, too."""
    return {} if is_podman(client.version()) else _NO_OUTSIDE_NAMES


def labels_beside(client: docker.DockerClient, run: str, part: str) -> dict[str, str]:
    """Return the labels of what joins a run for a while and is removed with it.

    Raises:
        docker.errors.NotFound: The run has no network here.
    """
    labels = client.networks.get(resource_name(run, INNER)).attrs.get("Labels") or {}
    return {**{key: value for key, value in labels.items() if key.startswith(LABEL_PREFIX)}, PART_LABEL: part}


def _create(client: docker.DockerClient, workload: Workload) -> Container:
    try:
        return client.containers.create(
            workload.image,
            list(workload.command) or None,
            environment=dict(workload.environment),
            network=resource_name(workload.run, INNER),
            labels=labels_beside(client, workload.run, "inside"),
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            **names(client),
        )
    except docker.errors.ImageNotFound:
        image = workload.image
        raise EngineError(f"There is no image {image!r}. Build or pull it first (`docker pull {image}`).") from None


def _archive(workload: Workload, uid: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, file in workload.files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.mode, entry.uid, entry.size = file.mode, uid, len(file.content.encode())
            archive.addfile(entry, io.BytesIO(file.content.encode()))
    return packed.getvalue()


def _uid(container: Container) -> int:
    """Return the uid of the user that the image runs as."""
    user = str(container.attrs["Config"].get("User") or "0").partition(":")[0]
    if user.isdigit():
        return int(user)
    stream, _ = container.get_archive("/etc/passwd")
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        found = archive.extractfile("passwd")
        lines = found.read().decode().splitlines() if found else []
    uids = {fields[0]: fields[2] for fields in (line.split(":") for line in lines) if len(fields) > 2}  # noqa: PLR2004
    if user not in uids:
        raise EngineError(f"The image runs as {user!r}, who is not in its /etc/passwd. Name the user by number.")
    return int(uids[user])
