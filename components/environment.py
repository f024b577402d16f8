"""A whole environment: network, database, broker, gateway and dynamic secrets, from declared roles."""

from dataclasses import asdict, replace
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_vault as vault

from leasehold.contract import CONTRACT, PROVISIONER, TEMPLATE_ADMIN

from .broker.broker import Broker
from .broker.dynamic_secrets import DynamicSecrets
from .broker.login_methods import offered
from .certificates.certificates import Certificates, CertificatesArgs
from .certificates.rotation import AuthorityRotation, AuthorityRotationArgs
from .declared.authority import FIRST, AuthorityArgs, check_authority
from .declared.extensions import check_extensions, searched
from .declared.identifiers import identifier
from .declared.identity import IdentityArgs, check_identity
from .declared.images import ImageArgs
from .declared.initdb import InitdbArgs, check_initdb
from .declared.public import check_revoked_from_public
from .declared.roles import RoleArgs
from .declared.row_security import RowSecurityArgs, check_row_security
from .declared.run import declare_run
from .declared.settings import check_settings
from .declared.storage import StorageArgs, check_storage
from .declared.validation import check_roles, template_admin_role
from .engines.current import current
from .gateway.gateway import Gateway
from .network import IsolatedNetwork
from .postgresql.database import PostgresDatabase


class EnvironmentArgs(TypedDict):
    """What an environment is made from."""

    roles: list[RoleArgs]
    """The declared roles."""
    run: NotRequired[str]
    """The run's name: the stack's, when not given."""
    term: NotRequired[int]
    """How long the run may live, in seconds."""
    database: NotRequired[str]
    """Name of the database, by default ``app``."""
    identity: NotRequired[IdentityArgs]
    """An issuer whose identity tokens (JWT) the broker accepts, beside AppRole logins."""
    authority: NotRequired[AuthorityArgs]
    """Which generation of the run's certificate authority signs, and which are trusted."""
    images: NotRequired[ImageArgs]
    """Images that take the place of the public ones."""
    storage: NotRequired[StorageArgs]
    """Where the data is, and how much of it there may be."""
    shm_size: NotRequired[int]
    """Largest size of the memory that the database's processes share, in MiB; by default a sixteenth of the engine's
    memory, from 256 to 1024."""
    settings: NotRequired[dict[str, Any]]
    """Settings of the database server's, by name, such as ``work_mem``; see `components.declared.settings`."""
    row_security: NotRequired[list[RowSecurityArgs]]
    """What row security of tables has to be; see `components.declared.row_security`."""
    revoked_from_public: NotRequired[list[str]]
    """What production has revoked from PUBLIC; see `components.declared.public`. By default nothing, as on a server."""
    extensions: NotRequired[list[Any]]
    """Extensions that are made with the database: names, or `components.declared.extensions.ExtensionArgs`."""
    initdb: NotRequired[InitdbArgs]
    """Encoding and locale of the server's, as `initdb` takes them."""


class Environment(pulumi.ComponentResource):
    """Everything that one run consists of. Its outputs are the contract in `leasehold.outputs`."""

    contract: pulumi.Output[int]
    """The version of the contract by which it was made."""
    run: pulumi.Output[str]
    """The run's name."""
    gateway: pulumi.Output[dict[str, Any]]
    """Where the gateway is: ``host``, ``database_port``, ``broker_port``."""
    database: pulumi.Output[str]
    """Name of the database."""
    row_security: pulumi.Output[list[dict[str, Any]]]
    """What row security of tables has to be, as declared."""
    revoked_from_public: pulumi.Output[list[str]]
    """What everybody may not do in it, of what PostgreSQL grants to PUBLIC by default."""
    broker: pulumi.Output[dict[str, Any]]
    """Where the broker answers: ``address``, and the mount of each login method, ``login_mounts``."""
    tls: pulumi.Output[dict[str, Any]]
    """How clients know the run's servers: the ``certificate`` of each trusted authority, in PEM, oldest first, and a
    ``file`` that holds them."""
    roles: pulumi.Output[dict[str, Any]]
    """By role: ``credentials_path``, ``term`` (of a lease, in seconds), ``max_term`` (with its renewals), and
    ``logins``: by method, the id it takes; ``owns``, ``grants``, ``database``, ``member_of``, ``attributes``,
    ``settings``, ``login`` and ``large_objects``, as declared."""
    template_admin: pulumi.Output[dict[str, Any]]
    """The same of `leasehold_template_admin`, the test harness's own role, which makes and drops clones of the
    database."""
    operator: pulumi.Output[dict[str, Any]]
    """By login method, the id that the drills' login takes."""
    orchestrator: pulumi.Output[dict[str, Any]]
    """The harness's login, which has single-use logins of roles made: ``role_id``, ``secret_id``. A secret."""

    def __init__(self, name: str, args: EnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # Everything declared is checked before anything is registered.
        run = declare_run(args.get("run", pulumi.get_stack()), args.get("term"))
        extensions = check_extensions(args.get("extensions"))
        declared_roles = searched(check_roles(args["roles"], run.term), args["roles"], extensions)
        roles = (*declared_roles, template_admin_role(run.term))
        with_leases = tuple(role for role in roles if role.has_leases)
        database_name = identifier(args.get("database", "app"), "the name of the database")
        identity = check_identity(args.get("identity"))
        generations = check_authority(args.get("authority"))
        images = args.get("images", ImageArgs())
        settings = check_settings(args.get("settings"))
        row_security = check_row_security(args.get("row_security"))
        revoked = check_revoked_from_public(args.get("revoked_from_public"))
        initdb = check_initdb(args.get("initdb"))
        engine = current()
        storage = check_storage(args.get("storage"), args.get("shm_size"), engine.memory)
        super().__init__("leasehold:index:Environment", name, {}, engine.chosen(name, opts))
        child = pulumi.ResourceOptions(parent=self)

        network = IsolatedNetwork(f"{name}-network", {"run": run}, child)
        vouched: CertificatesArgs = {"run": run, "generations": generations, "host": network.reached.host}
        certificates = Certificates(f"{name}-certificates", vouched, child)
        database = PostgresDatabase(
            f"{name}-database",
            {
                "run": run,
                "network": network.inner_name,
                "roles": roles,
                "database": database_name,
                "image": images.get("database"),
                "tls": certificates.files("database"),
                "storage": storage,
                "settings": settings,
                "revoked_from_public": revoked,
                "extensions": extensions,
                "initdb": initdb,
            },
            child,
        )
        broker = Broker(
            f"{name}-broker",
            {
                "run": run,
                "network": network.inner_name,
                "roles": with_leases,
                "identity": identity,
                "max_term": certificates.term,
                "image": images.get("broker"),
                "tls": certificates.files("broker"),
            },
            child,
        )
        gateway = Gateway(
            f"{name}-gateway",
            {
                "run": run,
                "inner": network.inner_name,
                "edge": network.edge_name,
                "image": images.get("gateway"),
                "reached": replace(network.reached, host=certificates.host),
            },
            pulumi.ResourceOptions(parent=self, depends_on=[database.server.resource, broker.server.resource]),
        )
        rotated: list[pulumi.Resource] = []
        if generations.signing > FIRST:
            replaced: AuthorityRotationArgs = {
                "certificates": certificates,
                "gateway": gateway,
                "servers": {"database": database.server, "broker": broker.server},
            }
            rotated.append(AuthorityRotation(f"{name}-authority-rotation", replaced, child))
        address = pulumi.Output.format("https://{0}:{1}", gateway.host.apply(bracketed), gateway.broker_port)
        provisioner = vault.Provider(
            f"{name}-provisioner",
            address=address,
            ca_cert_file=certificates.file,
            skip_child_token=True,
            auth_login=vault.ProviderAuthLoginArgs(
                path=f"auth/userpass/login/{PROVISIONER}",
                parameters={"password": broker.provisioner_password},
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=rotated),  # it trusts what is trusted then
        )
        secrets = DynamicSecrets(
            f"{name}-secrets",
            {
                "run": run,
                "expires": certificates.expires,
                "roles": with_leases,
                "admin": database.admin,
                "admin_password": database.admin_password,
                "identity": identity,
                "broker_server": broker.server.resource,
            },
            pulumi.ResourceOptions(parent=self, providers=[provisioner]),
        )
        access = {
            role.name: _output(
                credentials_path=secrets.roles[role.name].credentials_path if role.has_leases else "",
                logins=secrets.roles[role.name].logins if role.has_leases else {},
                term=role.term,
                max_term=role.max_term,
                owns=list(role.owns),
                grants=[asdict(grant) for grant in role.grants],
                database=list(role.database),
                member_of=[asdict(membership) for membership in role.member_of],
                attributes=dict(role.attributes),
                settings=dict(role.settings),
                login=role.login,
                large_objects=role.large_objects,
            )
            for role in roles
        }
        self.contract = pulumi.Output.from_input(CONTRACT)
        self.run = pulumi.Output.from_input(run.name)
        self.gateway = _output(host=gateway.host, database_port=gateway.database_port, broker_port=gateway.broker_port)
        self.database = pulumi.Output.from_input(database_name)
        self.row_security = pulumi.Output.from_input(row_security)
        self.revoked_from_public = pulumi.Output.from_input(list(revoked))
        self.broker = _output(
            address=address, login_mounts={name: method.MOUNT for name, method in offered(identity).items()}
        )
        self.tls = _output(certificate=certificates.authority, file=certificates.file)
        self.template_admin = access.pop(TEMPLATE_ADMIN)
        self.roles = pulumi.Output.from_input(access)
        self.operator = secrets.operator.logins
        self.orchestrator = secrets.orchestrator.login
        # Not the secret: the SDK logs what is registered.
        self.register_outputs({name: output for name, output in self.outputs.items() if name != "orchestrator"})

    @property
    def outputs(self) -> dict[str, pulumi.Output[Any]]:
        """What a stack program exports: `leasehold.outputs.Outputs`, field by field."""
        return {
            "contract": self.contract,
            "run": self.run,
            "gateway": self.gateway,
            "database": self.database,
            "revoked_from_public": self.revoked_from_public,
            "row_security": self.row_security,
            "broker": self.broker,
            "tls": self.tls,
            "roles": self.roles,
            "template_admin": self.template_admin,
            "operator": self.operator,
            "orchestrator": self.orchestrator,
        }


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def _output(**fields: pulumi.Input[Any]) -> pulumi.Output[dict[str, Any]]:
    return pulumi.Output.from_input(fields)
