"""The database: PostgreSQL with its roles from its first start, and no trusted connection."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_random as random

from leasehold.contract import ADMIN, DATABASE, OWN_STORAGE, STORAGE

from ..declared.extensions import Extension
from ..declared.images import image_of
from ..declared.initdb import Initdb, encodable
from ..declared.libraries import PRELOADED
from ..declared.run import Run
from ..declared.storage import Storage, check_storage
from ..declared.validation import Role
from ..engines.current import current
from ..engines.protocol import ServerArgs
from ..servers.database_start import database_start
from .bootstrap import cluster_script, database_script
from .config import OWN_SIZE, hba_file, settings_file
from .scram import scram_verifier
from .versions import MAJORS, needs, version_file

DEFAULT_IMAGE = "postgres:18"


class PostgresDatabaseArgs(TypedDict):
    """What a database is made from."""

    run: Run
    """The run it belongs to."""
    network: pulumi.Input[str]
    """Name of the inner network."""
    roles: tuple[Role, ...]
    """The checked roles."""
    database: str
    """Name of the database."""
    tls: dict[str, pulumi.Output[str]]
    """Certificate, key and authority, by file name."""
    image: NotRequired[str | None]
    """Image with PostgreSQL 16, 17 or 18."""
    storage: NotRequired[Storage]
    """Its checked room."""
    settings: NotRequired[Mapping[str, str]]
    """Checked settings of the server's, by name."""
    revoked_from_public: NotRequired[tuple[str, ...]]
    """What everybody may not do, checked."""
    extensions: NotRequired[tuple[Extension, ...]]
    """The checked extensions."""
    initdb: NotRequired[Initdb]
    """How the cluster is made, checked."""


class PostgresDatabase(pulumi.ComponentResource):
    """A PostgreSQL server for one run, reachable on the inner network as ``database``."""

    server_id: pulumi.Output[str]
    """The engine's id of it."""
    admin: pulumi.Output[str]
    """Login with which the broker makes and ends leases."""
    admin_password: pulumi.Output[str]
    """The admin's password, a secret. The server itself is given only its verifier."""

    def __init__(self, name: str, args: PostgresDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:PostgresDatabase", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        roles, database, revoked = args["roles"], args["database"], args.get("revoked_from_public", ())
        settings, initdb = args.get("settings", {}), args.get("initdb", Initdb())
        image = image_of(DATABASE, args.get("image"), DEFAULT_IMAGE)
        storage = args.get("storage") or check_storage(engine_memory=current().memory)
        password = random.RandomPassword(f"{name}-admin", length=32, special=False, opts=child)
        salt = random.RandomPassword(f"{name}-admin-salt", length=16, special=False, opts=child)
        verifier = pulumi.Output.all(password.result, salt.result).apply(
            lambda values: scram_verifier(values[0], values[1].encode())
        )
        server_args = ServerArgs(
            run=args["run"],
            part=DATABASE,
            image=image,
            user="postgres",
            files={
                "start.sh": database_start(
                    database,
                    image,
                    initdb,
                    needs(roles, initdb, reflink=storage.reflink),
                    settings.get(PRELOADED, ""),
                    reflink=storage.reflink,
                ),
                "postgresql.conf": settings_file(settings),
                **{f"postgresql.{major}.conf": version_file(major) for major in MAJORS},
                "pg_hba.conf": hba_file(current().neighbours),
                "cluster.sql": verifier.apply(lambda value: cluster_script(database, roles, value, revoked, settings)),
                "database.sql": encodable(database_script(roles, revoked, args.get("extensions", ()), image), initdb),
                **args["tls"],
            },
            inner=args["network"],
            # One inside the other: a restart gives a server's own folder to root, with some engines.
            memory={STORAGE: storage.size, OWN_STORAGE: OWN_SIZE} if storage.size else {},
            volumes={} if storage.size else {STORAGE: "storage"},
            shared_memory=storage.shared_memory,
            keeps_room=storage.derived,
            stop_signal="SIGINT",
        )
        self.server = current().server(f"{name}-server", server_args, child)
        self.server_id = self.server.id
        self.admin = pulumi.Output.from_input(ADMIN)
        self.admin_password = pulumi.Output.secret(password.result)
        # Not the password: the SDK logs what is registered, secrets too.
        self.register_outputs({"server_id": self.server_id, "admin": self.admin})
