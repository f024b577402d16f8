"""What an environment is made of: Pulumi components for an isolated network, a database, a broker and its secrets."""

from .broker import Broker, BrokerArgs
from .database import PostgresDatabase, PostgresDatabaseArgs
from .declared.authority import AuthorityArgs
from .declared.errors import DeclarationError
from .declared.roles import GrantArgs, RoleArgs
from .door import Door, DoorArgs
from .dynamic_secrets import DynamicSecrets, DynamicSecretsArgs
from .environment import Environment, EnvironmentArgs, ImageArgs
from .network import IsolatedNetwork, IsolatedNetworkArgs
from .role_access import RoleAccess, RoleAccessArgs

__all__ = [
    "AuthorityArgs",
    "Broker",
    "BrokerArgs",
    "DeclarationError",
    "Door",
    "DoorArgs",
    "DynamicSecrets",
    "DynamicSecretsArgs",
    "Environment",
    "EnvironmentArgs",
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
