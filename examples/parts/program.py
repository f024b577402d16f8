"""The parts of an environment, put together as `Environment` does: for stacks that replace or add some of them."""

import pulumi
import pulumi_vault as vault

from components import (
    Broker,
    BrokerArgs,
    Certificates,
    CertificatesArgs,
    DynamicSecrets,
    DynamicSecretsArgs,
    Gateway,
    GatewayArgs,
    GrantArgs,
    IdentityArgs,
    ImageArgs,
    IsolatedNetwork,
    IsolatedNetworkArgs,
    PostgresDatabase,
    PostgresDatabaseArgs,
    RoleArgs,
    StorageArgs,
    check_authority,
    check_identity,
    check_roles,
    check_settings,
    check_storage,
    declare_run,
)

SMALL: StorageArgs = {"size": 256}
IMAGES: ImageArgs = {"gateway": "haproxy:3.2-alpine"}
READS: GrantArgs = {"schema": "notes", "tables": ["*"], "privileges": ["SELECT"]}
ROLES: list[RoleArgs] = [{"name": "migrator", "owns": ["notes"]}, {"name": "reader", "grants": [READS]}]


def declare() -> None:
    """Declare every part of one run, and export where its servers are reached."""
    run = declare_run(pulumi.get_stack(), term=1800)
    roles = check_roles(ROLES, run.term)
    pipeline: IdentityArgs = {
        "issuer": "https://token.actions.githubusercontent.com",
        "public_keys": [pulumi.Config("notes").require("issuer-key")],
        "audience": "leasehold",
        "claims": {"repository": "notes/backend"},
    }
    network = IsolatedNetwork("network", IsolatedNetworkArgs(run=run))
    certificates = Certificates(
        "certificates",
        CertificatesArgs(run=run, generations=check_authority(None), host=network.reached.host),
    )
    database = PostgresDatabase(
        "database",
        PostgresDatabaseArgs(
            run=run,
            network=network.inner,
            roles=roles,
            database="notes",
            tls=certificates.files("database"),
            storage=check_storage(SMALL),
            settings=check_settings({"work_mem": "16MB"}),
        ),
    )
    broker = Broker(
        "broker",
        BrokerArgs(
            run=run,
            network=network.inner,
            roles=roles,
            identity=check_identity(pipeline),
            max_term=certificates.term,
            tls=certificates.files("broker"),
        ),
    )
    gateway = Gateway(
        "gateway",
        GatewayArgs(
            run=run,
            inner=network.inner,
            edge=network.edge,
            reached=network.reached,
        ),
        pulumi.ResourceOptions(depends_on=[database, broker]),
    )
    provisioner = vault.Provider(
        "provisioner",
        address=pulumi.Output.format("https://{0}:{1}", gateway.host, gateway.broker_port),
        ca_cert_file=certificates.file,
        skip_child_token=True,
        auth_login=vault.ProviderAuthLoginArgs(
            path="auth/userpass/login/provisioner", parameters={"password": broker.provisioner_password}
        ),
    )
    secrets = DynamicSecrets(
        "secrets",
        DynamicSecretsArgs(
            run=run,
            expires=certificates.expires,
            roles=roles,
            admin=database.admin,
            admin_password=database.admin_password,
            identity=check_identity(pipeline),
            broker_server=broker.server.resource,
        ),
        pulumi.ResourceOptions(providers=[provisioner]),
    )
    pulumi.export("reader", secrets.roles["reader"].credentials_path)
    pulumi.export("host", gateway.host)
    pulumi.export("database_port", gateway.database_port)
    pulumi.export("broker_port", gateway.broker_port)
    pulumi.export("authority", certificates.authority)
