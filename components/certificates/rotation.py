"""Another authority for servers that are running: their files are put into them, and read again.

A server whose files change is replaced, and a run's data is in memory. So what is uploaded stays what a server
was created with, and this puts what is in force beside it.
"""

import asyncio
from typing import TypedDict

import pulumi
import pulumi_random as random

from ..declared.mocks import under_mocks
from ..engines.protocol import Server as DeclaredServer
from ..gateway.gateway import Gateway
from ..gateway.readiness import SSL_REQUEST
from ..servers.start import COPY_DATABASE_KEY
from .authority import fingerprint
from .certificates import Certificates
from .reissue import Server, reissue


class AuthorityRotationArgs(TypedDict):
    """What an authority rotation is made from."""

    certificates: Certificates
    """What is in force."""
    gateway: Gateway
    """Where the servers are seen to serve it."""
    servers: dict[str, DeclaredServer]
    """The servers of ``broker`` and ``database``."""


class AuthorityRotation(pulumi.ComponentResource):
    """Has both servers serve and trust what is in force, whenever that changes or a server is new.

    A resource that is replaced at each change stands for it. It is made after the hook has done the work, not before:
    a hook that fails, or is cut short, leaves no such resource, and the next `up` runs it again.
    """

    def __init__(self, name: str, args: AuthorityRotationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:AuthorityRotation", name, {}, opts)
        certificates, gateway, running = args["certificates"], args["gateway"], args["servers"]
        servers = [  # the broker first: it has to trust the database's new certificate before that is served
            pulumi.Output.all(
                part="broker",
                name=running["broker"].name,
                host=gateway.host,
                port=gateway.broker_port,
                files=certificates.files_in_force("broker"),
            ),
            pulumi.Output.all(
                part="database",
                name=running["database"].name,
                host=gateway.host,
                port=gateway.database_port,
                files=certificates.files_in_force("database"),
                then=COPY_DATABASE_KEY,
                greeting=SSL_REQUEST,
            ),
        ]

        async def replace_certificates(_: pulumi.ResourceHookArgs) -> None:
            for server in servers:
                known = await server.future()
                await asyncio.to_thread(reissue, Server(**(known or {})))

        hook = None if under_mocks() else pulumi.ResourceHook(f"{name}-rolls-over", replace_certificates)
        random.RandomUuid(
            f"{name}-done",
            keepers={
                "authorities": certificates.authority.apply(fingerprint),
                **{part: server.id for part, server in running.items()},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[gateway],
                hooks=pulumi.ResourceHookBinding(before_create=[hook]) if hook else None,
            ),
        )
        self.register_outputs({})
