"""What an environment is made of: Pulumi components for an isolated network, a database, a broker and its secrets."""

from .broker.broker import Broker, BrokerArgs
from .broker.dynamic_secrets import DynamicSecrets, DynamicSecretsArgs
from .broker.role_access import RoleAccess, RoleAccessArgs
from .declared.authority import AuthorityArgs
from .declared.errors import DeclarationError
from .declared.roles import GrantArgs, RoleArgs
from .environment import Environment, EnvironmentArgs, ImageArgs
from .gateway.gateway import Gateway, GatewayArgs
from .network import IsolatedNetwork, IsolatedNetworkArgs
from .postgresql.database import PostgresDatabase, PostgresDatabaseArgs

__all__ = [
    "AuthorityArgs",
    "Broker",
    "BrokerArgs",
    "DeclarationError",
    "DynamicSecrets",
    "DynamicSecretsArgs",
    "Environment",
    "EnvironmentArgs",
    "Gateway",
    "GatewayArgs",
    "GrantArgs",
    "ImageArgs",
    "IsolatedNetwork",
    "IsolatedNetworkArgs",
    "PostgresDatabase",
    "PostgresDatabaseArgs",
    "RoleAccess",
    "RoleAccessArgs",
    "RoleArgs",
]
