"""A Docker-compatible engine: the one that the user's shell means."""

import io
import tarfile
import time
from collections.abc import Mapping
from typing import Any

import pulumi

from leasehold.contract import HOST_LABEL
from leasehold.engines.docker.answers import unanswered, why_unanswered
from leasehold.engines.docker.reach import LOOPBACK, is_loopback

from ...declared.run import Run
from ...servers.start import FOLDER
from ..protocol import Networks, Server, ServerArgs
from ..sockets import TABLES, listens
from .client import connected, podman, reached
from .context import on_context
from .network import bridge_networks
from .server import DockerServer

GRACE = 5.0
"""How long an engine in a virtual machine may take to forward a port to loopback of its host, in seconds: some look for
new ones every three."""


class DockerEngine:
    """Containers and bridge networks. See `protocol.Engine`."""

    neighbours = "samenet"

    @property
    def resolver(self) -> str:
        """Docker's own in each container; Podman's is in a container's ``resolv.conf``."""
        return "" if podman() else "127.0.0.11:53"

    def memory(self) -> int | None:
        """Return how much memory the engine's host has, in MiB; None if it cannot be asked."""
        import docker.errors  # noqa: PLC0415 - slow to import, and only needed where no size is declared

        try:
            with connected() as client:
                return int(client.info()["MemTotal"]) // 2**20
        except (docker.errors.DockerException, OSError):
            return None  # nor could anything be made on it

    def chosen(self, name: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        """Return options by which containers and networks are made on the engine of the user's context."""
        return on_context(name, opts)

    def server(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> Server:
        """Declare a container."""
        return DockerServer(name, args, opts)

    def networks(self, name: str, run: Run, options: Mapping[str, str], opts: pulumi.ResourceOptions) -> Networks:
        """Declare two bridge networks."""
        return bridge_networks(name, run, options, opts)

    def published(self, outputs: Mapping[str, Any], port: int) -> int:
        """Return the port on the host at which a container's port is published, from the container's outputs."""
        return next(int(one["external"]) for one in outputs["ports"] if int(one["internal"]) == port)

    def name_of(self, outputs: Mapping[str, Any]) -> str:
        """Return a container's name, from its outputs."""
        return str(outputs["name"])

    def last_words(self, server: str) -> tuple[bool, str]:
        """Return whether a container has ended, and the end of its log, as far as the engine can be asked."""
        import docker.errors  # noqa: PLC0415 - slow to import, and only needed once something is amiss

        try:
            with connected() as client:
                found = client.containers.get(server)
                return found.status in ("exited", "dead"), found.logs(tail=10).decode(errors="replace").strip()
        except (docker.errors.DockerException, OSError) as error:
            return False, f"(its log cannot be read: {error})"

    def host_of(self, outputs: Mapping[str, Any]) -> str:
        """Return where whoever made a container reaches what it publishes, from the container's outputs."""
        labels = {str(one["label"]): str(one["value"]) for one in outputs.get("labels") or ()}
        return labels.get(HOST_LABEL, LOOPBACK)

    def out_of_reach(self, server: str, inner: int, host: str, port: int, waited: float) -> str:
        """Return why nothing here can reach a container's port: both ends prove it. Empty if something may."""
        if is_loopback(host) and waited < GRACE:
            return ""
        why = unanswered(host, port) if self.listens(server, inner) else ""
        return why_unanswered(reached(), host, port, why) if why else ""

    def listens(self, server: str, port: int) -> bool:
        """Return whether a container listens at a port; False if it cannot be asked."""
        import docker.errors  # noqa: PLC0415 - slow to import, and only needed once something is amiss

        from leasehold.engines.docker import execs  # noqa: PLC0415 - as slow

        try:
            with connected() as client:
                table = execs.run(client.containers.get(server), ["cat", *TABLES])[1]
        except (docker.errors.DockerException, OSError):
            return False
        return listens(table.decode(errors="replace"), port)

    def replace_files(self, server: str, files: Mapping[str, str], then: str) -> None:
        """Replace files of a running container, and have the server in it read them.

        Raises:
            RuntimeError: They could not be replaced.
            ConnectionError: It is not known whether they were.
            docker.errors.DockerException: The engine refused.
        """
        from leasehold.engines.docker import execs  # noqa: PLC0415 - slow to import

        with connected() as client:
            container = client.containers.get(server)
            container.put_archive(FOLDER, archive(files))
            # Renamed, so that no file is ever there by half. Root owns the folder; the server may not write there.
            steps = [("root", " && ".join(f"mv {FOLDER}/{name}.new {FOLDER}/{name}" for name in files))]
            steps += [("", then)] * bool(then)
            for user, script in steps:
                status, output = execs.run(container, ["sh", "-c", script], user=user)
                if status != 0:
                    told = output.decode(errors="replace").strip()
                    raise RuntimeError(f"In {server}, files could not be replaced: {told}")
            # PID 1 is `timeout`, which passes it on (coreutils), or became the server itself (busybox). Both servers
            # read certificates again then (PostgreSQL 18 manual, 18.9; OpenBao manual, listener tcp).
            container.kill("SIGHUP")


def archive(files: Mapping[str, str]) -> bytes:
    """Return files as a tar archive, each named ``NAME.new``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{name}.new")
            member.size, member.mode, member.mtime = len(content.encode()), 0o644, int(time.time())
            tar.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()
