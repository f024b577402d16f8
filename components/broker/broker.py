"""The broker: OpenBao, unsealed and set up when it starts; its root token is never shown."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_random as random

from leasehold.contract import BROKER

from ..declared.identity import Identity
from ..declared.images import image_of
from ..declared.run import Run
from ..declared.validation import Role
from ..engines.current import current
from ..engines.protocol import ServerArgs
from ..servers.start import broker_start
from .config import broker_config
from .login_methods import offered
from .policies import provisioner_policy

DEFAULT_IMAGE = "openbao/openbao:2.7.2"
PROVISIONER_TOKEN_TERM = 300
"""Term of the provisioner's tokens, in seconds: longer than any set-up takes."""


class BrokerArgs(TypedDict):
    """What a broker is made from."""

    run: Run
    """The run it belongs to."""
    network: pulumi.Input[str]
    """Name of the inner network."""
    roles: tuple[Role, ...]
    """The checked roles that have leases; the provisioner may set up these and no others."""
    identity: Identity | None
    """The issuer whose identity tokens it accepts."""
    max_term: pulumi.Input[int]
    """Longest term of anything that it issues, in seconds. Another one is another configuration, and replaces it."""
    tls: dict[str, pulumi.Output[str]]
    """Certificate, key and authority, by file name."""
    image: NotRequired[str | None]
    """Image with OpenBao 2.7 or later."""


class Broker(pulumi.ComponentResource):
    """An OpenBao server for one run, reachable on the inner network as ``broker``.

    It is not in dev mode: a static seal with a key of this run, storage in memory, an audit device on its
    standard output, and a provisioner login that may set up the declared roles.
    """

    server_id: pulumi.Output[str]
    """The engine's id of it."""
    provisioner_password: pulumi.Output[str]
    """Password of the provisioner, a secret."""

    def __init__(self, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Broker", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        # 32 bytes, as AES-256 wants them. Not RandomBytes: its id is the value, and ids are not encrypted.
        seal_key = random.RandomPassword(f"{name}-seal-key", length=32, special=False, opts=child)
        password = random.RandomPassword(f"{name}-provisioner", length=32, special=False, opts=child)
        server_args = ServerArgs(
            run=args["run"],
            part=BROKER,
            image=image_of(BROKER, args.get("image"), DEFAULT_IMAGE),
            user="openbao",
            files={
                "start.sh": broker_start(),
                "broker.json": pulumi.Output.from_input(args["max_term"]).apply(
                    lambda longest: _config(args["roles"], args["identity"], longest)
                ),
                "seal.key": pulumi.Output.secret(seal_key.result),
                "provisioner.password": pulumi.Output.secret(password.result),
                **args["tls"],
            },
            inner=args["network"],
        )
        self.server = current().server(f"{name}-server", server_args, child)
        self.server_id = self.server.id
        self.provisioner_password = pulumi.Output.secret(password.result)
        self.register_outputs({"server_id": self.server_id})  # the SDK logs what is registered, secrets too


def _config(roles: tuple[Role, ...], identity: Identity | None, max_term: int) -> str:
    methods = offered(identity).values()
    policy = provisioner_policy(roles, lambda role: [path for method in methods for path in method.role_paths(role)])
    return broker_config(
        policy, [write for method in methods for write in method.setup(identity)], PROVISIONER_TOKEN_TERM, max_term
    )
