"""A server as a Pod. Its files go in once it runs, and are no objects themselves."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pulumi

from leasehold.contract import HOST_LABEL
from leasehold.engines.kubernetes.api import Object, connect
from leasehold.engines.kubernetes.hosts import host_aliases, services_of
from leasehold.engines.kubernetes.published import port_of
from leasehold.errors import EngineError

from ...declared.mocks import under_mocks
from ..protocol import ServerArgs
from .pod import fixed_fields, pod_metadata, pod_spec
from .room import room_of
from .start import start_server
from .telling import teller
from .term import owner


class KubernetesServer:
    """A declared Pod. See `protocol.Server`."""

    def __init__(self, name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> None:
        self.resource = _pod(name, args, opts)
        metadata = self.resource.metadata
        self.id: pulumi.Output[str] = metadata.apply(lambda told: str(told["uid"]))
        self.name: pulumi.Output[str] = metadata.apply(lambda told: str(told["name"]))
        self._annotations: pulumi.Output[Mapping[str, str]] = metadata.apply(lambda told: told["annotations"])

    def published(self, port: int) -> pulumi.Output[int]:
        """Return the port at which one of its own is reached."""
        return self._annotations.apply(lambda told: port_of(told, port))

    @property
    def host(self) -> pulumi.Output[str]:
        """Where whoever made it reaches those ports."""
        return self._annotations.apply(lambda told: told[HOST_LABEL])


def _pod(name: str, args: ServerArgs, opts: pulumi.ResourceOptions) -> Any:
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    services = _services(args)
    files = pulumi.Output.all(**args.files)
    metadata: Any = pod_metadata(args, args.inner)
    metadata["ownerReferences"] = services.apply(
        lambda found: [owner("Service", "v1", found[args.part]["metadata"])] if found else []  # none under mocks
    )
    described: Any = pod_spec(args, pulumi.Output.unsecret(files.apply(digest)), services.apply(host_aliases))
    room_of(args.run).add(args.part, described)
    own = pulumi.ResourceOptions(ignore_changes=fixed_fields(args), hooks=_starts(name, args, files))
    # The server is started first, and then asked whether it answers.
    return kubernetes.core.v1.Pod(name, metadata=metadata, spec=described, opts=pulumi.ResourceOptions.merge(own, opts))


def digest(files: Mapping[str, str]) -> str:
    """Return a digest of files, by name and content."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items()))).encode()).hexdigest()


def _services(args: ServerArgs) -> pulumi.Output[dict[str, Object]]:
    """Return the Services of the run's servers, once the network is there, which has them; none under mocks."""
    if under_mocks():
        return pulumi.Output.from_input({})

    async def found(_: str) -> dict[str, Object]:
        there = await asyncio.to_thread(lambda: services_of(connect(), args.run.name))
        if args.part not in there:
            raise EngineError(
                f"Service {args.run.resource(args.part)} is gone, and the addresses of a run stay as they are. End the "
                f"run with `leasehold down {args.run.name}`, and create it again."
            )
        return there

    return pulumi.Output.from_input(args.inner).apply(found)


def _starts(name: str, args: ServerArgs, files: pulumi.Output[dict[str, str]]) -> pulumi.ResourceHookBinding | None:
    """Return a hook that has a Pod's server start; None under Pulumi's mocks."""
    if under_mocks():
        return None
    room = room_of(args.run)

    async def start(hook: pulumi.ResourceHookArgs) -> None:
        known, server = await files.future(), args.run.resource(args.part)
        await asyncio.to_thread(start_server, server, known or {}, room.may_wait, teller(hook))
        await asyncio.to_thread(room.runs, args.part)

    return pulumi.ResourceHookBinding(after_create=[pulumi.ResourceHook(f"{name}-starts", start)])
