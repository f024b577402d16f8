"""A server as a Pod, and the Service that is its name. Its files go in once it runs, and are no objects themselves."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pulumi

from leasehold.contract import HOST_LABEL
from leasehold.engines.kubernetes.names import metadata_of
from leasehold.engines.kubernetes.reach import reached_at

from ...declared.mocks import under_mocks
from ..protocol import ServerArgs
from .pod import fixed_fields, pod_metadata, pod_spec, ports_annotation, published_port, service_spec
from .start import start_server


class KubernetesServer:
    """A declared Pod. See `protocol.Server`."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> None:
        self.resource = _pod(name, args, opts)
        metadata = self.resource.metadata
        self.id: pulumi.Output[str] = metadata.apply(lambda told: str(told["uid"]))
        self.name: pulumi.Output[str] = metadata.apply(lambda told: str(told["name"]))
        self._annotations: pulumi.Output[Mapping[str, str]] = metadata.apply(lambda told: told["annotations"])

    def published(self, port: int) -> pulumi.Output[int]:
        """Return the port of the nodes at which one of its ports is reached."""
        return self._annotations.apply(lambda told: published_port(told, port))

    @property
    def host(self) -> pulumi.Output[str]:
        """Where whoever made it reaches those ports."""
        return self._annotations.apply(lambda told: told[HOST_LABEL])


def _pod(name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> Any:
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    labels, annotations = metadata_of(args.run.labels)
    about: Any = {
        "name": args.part,
        "namespace": args.inner,
        "labels": labels,
        # Pulumi would wait ten seconds for a server behind it, which is made later.
        "annotations": {**annotations, "pulumi.com/skipAwait": "true"},
    }
    spec: Any = service_spec(args)
    service = kubernetes.core.v1.Service(
        f"{name}-name",
        metadata=about,
        spec=spec,
        opts=pulumi.ResourceOptions(
            parent=opts.parent, ignore_changes=["metadata.labels", "metadata.annotations"], depends_on=opts.depends_on
        ),
    )
    ports: Any = service.spec.apply(_node_ports) if args.published else None
    host = (args.host if args.host is not None else reached_at()) if args.published else None
    # A name has to be known before whoever looks it up starts.
    inner = pulumi.Output.all(args.inner, service.id).apply(lambda known: known[0])
    files = pulumi.Output.all(**args.files)
    metadata: Any = pod_metadata(args, inner, host, ports)
    described: Any = pod_spec(args, pulumi.Output.unsecret(files.apply(digest)))
    own = pulumi.ResourceOptions(ignore_changes=fixed_fields(args), hooks=_starts(name, args, files))
    # The server is started first, and then asked whether it answers.
    return kubernetes.core.v1.Pod(name, metadata=metadata, spec=described, opts=pulumi.ResourceOptions.merge(own, opts))


def digest(files: Mapping[str, str]) -> str:
    """Return a digest of files, by name and content."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items()))).encode()).hexdigest()


def _node_ports(spec: Any) -> str:
    return ports_annotation({int(one["port"]): int(one["node_port"]) for one in spec["ports"]})


def _starts(name: str, args: ServerArgs, files: pulumi.Output[dict[str, str]]) -> pulumi.ResourceHookBinding | None:
    """Return a hook that has a Pod's server start; None under Pulumi's mocks."""
    if under_mocks():
        return None

    async def start(_: pulumi.ResourceHookArgs) -> None:
        known = await files.future()
        await asyncio.to_thread(start_server, args.run.resource(args.part), known or {})

    return pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook(f"{name}-starts", start)])
