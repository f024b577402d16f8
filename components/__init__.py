"""What an environment is made of: Pulumi components for an isolated network, a database, a broker and its secrets.

Installed, this package is `leasehold.components`. In a checkout its folder is also `components`: the same modules.
"""

from leasehold._aliases import alias
from leasehold.inputs import tell_at_exit

tell_at_exit()

if __name__ != "components" or not alias("components", "leasehold.components"):
    from .broker.broker import Broker, BrokerArgs
    from .broker.dynamic_secrets import DynamicSecrets, DynamicSecretsArgs
    from .certificates.certificates import Certificates, CertificatesArgs
    from .declared.authority import AuthorityArgs, check_authority
    from .declared.errors import DeclarationError
    from .declared.extensions import ExtensionArgs
    from .declared.grants import GrantArgs
    from .declared.identity import IdentityArgs, check_identity
    from .declared.images import ImageArgs
    from .declared.initdb import InitdbArgs
    from .declared.roles import MembershipArgs, RoleArgs
    from .declared.row_security import PolicyArgs, RowSecurityArgs
    from .declared.run import declare_run
    from .declared.settings import check_settings
    from .declared.storage import StorageArgs, check_storage
    from .declared.validation import check_roles
    from .environment import Environment, EnvironmentArgs
    from .gateway.gateway import Gateway, GatewayArgs
    from .network import IsolatedNetwork, IsolatedNetworkArgs
    from .postgresql.database import PostgresDatabase, PostgresDatabaseArgs

    __all__ = [
        "AuthorityArgs",
        "Broker",
        "BrokerArgs",
        "Certificates",
        "CertificatesArgs",
        "DeclarationError",
        "DynamicSecrets",
        "DynamicSecretsArgs",
        "Environment",
        "EnvironmentArgs",
        "ExtensionArgs",
        "Gateway",
        "GatewayArgs",
        "GrantArgs",
        "IdentityArgs",
        "ImageArgs",
        "InitdbArgs",
        "IsolatedNetwork",
        "IsolatedNetworkArgs",
        "MembershipArgs",
        "PolicyArgs",
        "PostgresDatabase",
        "PostgresDatabaseArgs",
        "RoleArgs",
        "RowSecurityArgs",
        "StorageArgs",
        "check_authority",
        "check_identity",
        "check_roles",
        "check_settings",
        "check_storage",
        "declare_run",
    ]
