"""A server as a container: labelled, with a term, and with no more rights than it needs."""

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from leasehold.contract import HOST_LABEL, PUBLISHED_LABEL
from leasehold.engines.docker.reach import LOOPBACK, Reach

from ...servers.start import EXPIRES, FOLDER, SCRIPT
from ..protocol import ServerArgs
from .awaited_networks import waits_for_networks
from .client import podman, reached

FIXED = ["labels", "envs"]
"""Labels and term are those of the first `pulumi up`: a second one neither prolongs a run nor changes it."""

ROOM = ["tmpfs", "shmSize"]
"""Sizes that were derived from the engine's memory: a machine with more of it is no reason to replace a server."""

TOLD_OTHERWISE = ["image", "logDriver", "logOpts", "stopSignal"]
"""What Podman tells in other words than it was told: the whole name of an image, the number of a signal, the log driver
that Docker's clients know. That is no reason either."""

PUBLISHED = ["ports"]
"""So is the address on which they are published: a second one from another place is no reason to replace a server."""


class DockerServer:
    """A declared container. See `protocol.Server`."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> None:
        self.resource = _container(name, args, opts)
        self.id, self.name = self.resource.id, self.resource.name

    def published(self, port: int) -> pulumi.Output[int]:
        """Return the port on the host at which one of its ports is published."""
        return self.resource.ports.apply(
            lambda ports: next(int(one.external or 0) for one in ports or [] if one.internal == port)
        )

    @property
    def host(self) -> pulumi.Output[str]:
        """Where whoever made it reaches what it publishes."""
        return self.resource.labels.apply(
            lambda labels: next((one.value for one in labels or [] if one.label == HOST_LABEL), LOOPBACK)
        )


def _container(name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> docker.Container:
    networks = [docker.ContainerNetworksAdvancedArgs(name=args.inner, aliases=[args.part])]
    if args.edge is not None:
        networks.append(docker.ContainerNetworksAdvancedArgs(name=args.edge))
    storage = {path: f"rw,nosuid,nodev,noexec,mode=1777,size={size}m" for path, size in (args.memory or {}).items()}
    reach, of_podman = reached() if args.published else None, podman()
    kept = [*FIXED, *PUBLISHED, *ROOM * args.keeps_room, *TOLD_OTHERWISE * of_podman]
    own = pulumi.ResourceOptions(ignore_changes=kept, hooks=waits_for_networks(name))
    return docker.Container(
        name,
        name=args.run.resource(args.part),
        image=args.image,
        user=args.user,
        entrypoints=["/bin/sh", SCRIPT],
        envs=[f"{EXPIRES}={args.run.expires}"],
        labels=_labels(args, reach),
        networks_advanced=networks,
        uploads=[
            docker.ContainerUploadArgs(file=f"{FOLDER}/{file}", content=content) for file, content in args.files.items()
        ],
        ports=[docker.ContainerPortArgs(internal=port, ip=reach.bind) for port in args.published] if reach else None,
        tmpfs=storage or None,
        volumes=[
            docker.ContainerVolumeArgs(container_path=path, volume_name=_volume(name, args, part, opts).name)
            for path, part in (args.volumes or {}).items()
        ]
        or None,
        shm_size=args.shared_memory or None,
        stop_signal=args.stop_signal or None,
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges"],
        # Docker's resolver would look outside names up from the host's network, past the network's isolation
        # (CVE-2024-29018); with an upstream inside the container's own network there is nobody to ask. Podman's is the
        # upstream itself: without it there are no names at all.
        dns=None if of_podman else ["127.0.0.1"],
        dns_opts=["timeout:1", "attempts:1"],  # a dead container's name is unknown soon, not after 20 s
        # What a server prints beside its log, which it writes into files of its own.
        log_driver="k8s-file" if of_podman else "local",
        log_opts={"max-size": "20m"} if of_podman else {"max-size": "20m", "max-file": "5", "compress": "false"},
        restart="no",
        must_run=False,  # a container that ended at its term is no reason for a diff
        opts=pulumi.ResourceOptions.merge(opts, own),
    )


def _labels(args: ServerArgs, reach: Reach | None) -> Sequence[docker.ContainerLabelArgs]:
    labels: dict[str, pulumi.Input[str]] = {**args.run.labels}
    if reach:
        labels[HOST_LABEL] = args.reached.host if args.reached else reach.host
        labels[PUBLISHED_LABEL] = reach.bind
    return [docker.ContainerLabelArgs(label=key, value=value) for key, value in labels.items()]


def _volume(name: str, args: ServerArgs, part: str, opts: pulumi.ResourceOptions) -> docker.Volume:
    """Declare a volume. Those of the engine's own driver have no limit; they are removed with the run."""
    return docker.Volume(
        f"{name}-{part}",
        name=args.run.resource(part),
        labels=[docker.VolumeLabelArgs(label=key, value=value) for key, value in args.run.labels.items()],
        opts=pulumi.ResourceOptions(parent=opts.parent, ignore_changes=["labels"]),
    )
