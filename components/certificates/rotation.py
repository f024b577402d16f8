"""Another authority for servers that are running: their files are put into the containers, and read again.

A container whose uploads change is replaced, and a run's data is in memory. So what is uploaded stays what a container
was created with, and this puts what is in force beside it.
"""

import asyncio
from typing import TypedDict

import pulumi
import pulumi_docker as docker
import pulumi_random as random

from ..gateway.gateway import Door
from ..servers.readiness import SSL_REQUEST, under_mocks
from ..servers.start import COPY_DATABASE_KEY
from .authority import fingerprint
from .certificates import Certificates
from .reissue import Server, reissue


class RolloverArgs(TypedDict):
    """What a rollover is made from."""

    certificates: Certificates
    """What is in force."""
    door: Door
    """Where the servers are seen to serve it."""
    servers: dict[str, docker.Container]
    """The containers of ``broker`` and ``database``."""


class Rollover(pulumi.ComponentResource):
    """Has both servers serve and trust what is in force, whenever that changes or a container is new.

    A resource that is replaced at each change stands for it. It is made after the hook has done the work, not before:
    a hook that fails, or is cut short, leaves no such resource, and the next `up` runs it again.
    """

    def __init__(self, name: str, args: RolloverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Rollover", name, {}, opts)
        certificates, door, containers = args["certificates"], args["door"], args["servers"]
        servers = [  # the broker first: it has to trust the database's new certificate before that is served
            pulumi.Output.all(
                part="broker",
                container=containers["broker"].name,
                host=door.host,
                port=door.broker_port,
                files=certificates.files_in_force("broker"),
            ),
            pulumi.Output.all(
                part="database",
                container=containers["database"].name,
                host=door.host,
                port=door.database_port,
                files=certificates.files_in_force("database"),
                then=COPY_DATABASE_KEY,
                greeting=SSL_REQUEST,
            ),
        ]

        async def roll_over(_: pulumi.ResourceHookArgs) -> None:
            for server in servers:
                known = await server.future()
                await asyncio.to_thread(reissue, Server(**(known or {})))

        hook = None if under_mocks() else pulumi.ResourceHook(f"{name}-rolls-over", roll_over)
        random.RandomUuid(
            f"{name}-done",
            keepers={
                "authorities": certificates.authority.apply(fingerprint),
                **{server: container.id for server, container in containers.items()},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[door],
                hooks=pulumi.ResourceHookBinding(before_create=[hook]) if hook else None,
            ),
        )
        self.register_outputs({})
