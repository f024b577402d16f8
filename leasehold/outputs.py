"""A stack's outputs, typed: the contract between the stack and its users."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from .contract import CONTRACT, OPERATOR, TEMPLATE_ADMIN
from .errors import OtherVersionError, OutputsError, UnknownRoleError


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Gateway(_Strict):
    """Where on this host the run is reached."""

    host: str
    database_port: int = Field(gt=0, lt=65536)
    broker_port: int = Field(gt=0, lt=65536)


class Broker(_Strict):
    """Where the broker answers, and how clients log in."""

    address: str
    login_mounts: dict[str, str] = Field(min_length=1, description="By login method, the path of its mount.")


class Tls(_Strict):
    """How clients know the run's servers."""

    certificate: str = Field(description="The run's certificate authority, in PEM.")
    file: str = Field(description="A file that holds it, on the machine that created the run.")


class Grant(_Strict):
    """What a role was declared to do with objects of one kind."""

    kind: str = Field(description="As a declaration lists them: tables, sequences, functions, schemas, ...")
    schema_name: str = Field(alias="schema", description="Empty for what is in none.")
    objects: list[str] = Field(description="Named ones; none for every one of the schema.")
    privileges: list[str]
    default_privileges: list[str] = Field(description="On objects that are made later.")
    columns: list[str] = Field(default=[], description="Of tables; none for whole tables.")
    grant_option: bool = Field(default=False, description="Whether the privileges may be handed on.")
    by_migrations: bool = Field(default=False, description="Whether migrations make the grant.")

    def as_declared(self) -> dict[str, object]:
        """Return it as it stands in a declaration, without its options."""
        told: dict[str, object] = {"schema": self.schema_name} if self.schema_name else {}
        told[self.kind] = self.objects or ["*"]
        if self.columns:
            told["columns"] = self.columns
        return {**told, "privileges": self.privileges or self.default_privileges}


class Membership(_Strict):
    """That a role is a member of another one."""

    role: str
    inherit: bool = True
    set: bool = True
    admin: bool = False


class Role(_Strict):
    """How a client reaches one role's credentials, and what the role was declared to do."""

    credentials_path: str = Field(description="Empty for a role that has no leases.")
    logins: dict[str, str | None] = Field(description="By login method, the id that it takes; none is secret.")
    term: int = Field(gt=0, description="Term of a lease, in seconds.")
    max_term: int = Field(gt=0, description="How long a lease or a token may live, renewals included, in seconds.")
    owns: list[str] = Field(description="Schemas.")
    grants: list[Grant]
    database: list[str] = Field(default=[], description="Privileges on the run's database, beside CONNECT.")
    member_of: list[Membership] = []
    attributes: dict[str, str] = Field(default={}, description="Attributes of its logins, each with its reason.")
    settings: dict[str, str] = Field(default={}, description="Settings of its sessions.")
    login: str = Field(default="dynamic", description="How clients log in: dynamic, static or none.")
    large_objects: bool = Field(default=False, description="Whether it makes large objects, itself or by a role.")

    @property
    def has_leases(self) -> bool:
        """Whether there are logins of it."""
        return bool(self.credentials_path)

    @property
    def is_static(self) -> bool:
        """Whether it is a login itself, with a password that the broker rotates."""
        return self.login == "static"

    @property
    def table_grants(self) -> list[Grant]:
        """What it may do with whole tables."""
        return [grant for grant in self.grants if grant.kind == "tables" and not grant.columns]


class Policy(_Strict):
    """A policy of row security."""

    name: str
    roles: list[str]
    command: str
    permissive: bool

    @field_validator("roles")
    @classmethod
    def _sorted(cls, roles: list[str]) -> list[str]:
        return sorted(roles)

    def as_declared(self) -> dict[str, object]:
        """Return it as it stands in a declaration, without what goes without saying."""
        told: dict[str, object] = {"name": self.name}
        told |= {} if self.roles == ["public"] else {"roles": self.roles}
        told |= {} if self.command == "ALL" else {"command": self.command}
        return told if self.permissive else {**told, "permissive": False}


class RowSecurity(_Strict):
    """What row security of a table is declared to be."""

    schema_name: str = Field(alias="schema")
    table: str
    enabled: bool
    forced: bool
    policies: list[Policy]


class Orchestrator(_Strict):
    """The harness's own login, which has single-use logins of roles made."""

    role_id: str
    secret_id: SecretStr


class Outputs(_Strict):
    """What a stack exports about its environment."""

    contract: int = Field(default=0, description="The contract's version, by which it was made.")
    run: str
    gateway: Gateway
    database: str
    revoked_from_public: list[str] = Field(default=[], description="What PUBLIC may not do, of PostgreSQL's default.")
    row_security: list[RowSecurity] = []
    broker: Broker
    tls: Tls
    roles: dict[str, Role] = Field(min_length=1)
    template_admin: Role
    operator: dict[str, str | None] = Field(description="By login method, the id that the drills' login takes.")
    orchestrator: Orchestrator

    @classmethod
    def parse(cls, outputs: Mapping[str, Any]) -> "Outputs":
        """Read a stack's outputs.

        Args:
            outputs: Values by name, secrets decrypted; outputs of the stack's own are passed over.

        Raises:
            OutputsError: An output is missing or is not what the contract says. The message holds no values.
            OtherVersionError: Another version of the contract made them.
        """
        if "run" in outputs and outputs.get("contract", 0) != CONTRACT:
            raise OtherVersionError(
                f"Run {outputs['run']!r} was made by another version of Leasehold (its contract is "
                f"{outputs.get('contract', 0)}, and this one's is {CONTRACT}), so it is not used. End it with "
                f"`leasehold down {outputs['run']}`, and make it anew."
            )
        try:
            return cls.model_validate({name: outputs[name] for name in cls.model_fields if name in outputs})
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise OutputsError(
                f"The stack's outputs do not describe a Leasehold environment ({problems}). Export every field of "
                "`Environment.outputs` from the stack program, and run `pulumi up` again."
            ) from None

    def revealed(self) -> dict[str, Any]:
        """Return it as JSON with the secret that it holds, for another process of ours: `model_validate` reads it."""
        told = self.model_dump(mode="json", by_alias=True)
        told["orchestrator"]["secret_id"] = self.orchestrator.secret_id.get_secret_value()
        return told

    @property
    def roles_with_leases(self) -> list[str]:
        """Names of the declared roles that have leases, those with static logins last."""
        return sorted((name for name, role in self.roles.items() if role.has_leases), key=self._is_static)

    def _is_static(self, role: str) -> bool:
        return self.roles[role].is_static

    def login_id(self, name: str, method: str) -> str:
        """Return the id that a role's login takes, or the operator's.

        Raises:
            UnknownRoleError: The run declares no such role.
        """
        return str((self.operator if name == OPERATOR else self.access(name).logins)[method])

    def access(self, role: str) -> Role:
        """Return how a role's credentials are reached; the harness's own role included.

        Raises:
            UnknownRoleError: The run declares no such role.
        """
        if role == TEMPLATE_ADMIN:
            return self.template_admin
        try:
            return self.roles[role]
        except KeyError:
            known = ", ".join(sorted(self.roles))
            raise UnknownRoleError(
                f"Run {self.run!r} declares no role {role!r}. It declares {known}. Roles are declared in the stack "
                "program; `pulumi up` brings a new one to the run."
            ) from None
