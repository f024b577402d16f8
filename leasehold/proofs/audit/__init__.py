"""Least privilege, proven: what every role can effectively do, beside what was declared."""

from contextlib import ExitStack, suppress
from dataclasses import dataclass

from ...contract import ADMIN, TEMPLATE_ADMIN
from ...databases.admin_session import ENCODING
from ...databases.clones import Databases
from ...denials.sources.database_log import Record
from ...engines.labelled import take_inventory
from ...errors import BrokerError
from ...leases.issuer import Lease, LeaseIssuer
from ...outputs import Outputs
from .effective import effective_facts, objects, superusers_of
from .expected import MAINTENANCE, expected_facts
from .facts import Fact
from .indirect import behind
from .logs import database_log, log_findings
from .refused_logins import open_locks
from .row_security import differences, undeclared
from .suggested import idle, suggestions, untold
from .terms import overlong
from .used import OURS, used_privileges
from .versions import known, weaker

__all__ = ["Audit", "Fact", "audit"]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes:
        run: The run's name.
        database: The database that was looked at.
        surplus: Undeclared abilities.
        lack: Declared abilities that are missing.
        row_security: How tables differ from what row security is declared for them.
        logged: What the servers' logs hold against it: a root token, a superuser, a policy too wide.
        accepted: Logins that must be refused, and were not.
        overlong: Leases and tokens that last longer than was declared, or than the run.
        untried: What could not be tried, and so is not proven.
        unused: Roles whose grants are wider than the statements in the server's log needed, as they would be declared;
            a suggestion, and no finding.
        untold: Roles and tables whose grants a suggestion keeps because it cannot be told which privileges were needed.
        idle: Roles that used none of their tables, so that nothing is suggested for them.
        undeclared: Row security of tables for which none is declared, as it would be declared; a suggestion, and no
            finding: it refuses more than was declared, or nothing yet.
        weaker: Locks that the server's version lacks: no finding, for no declaration can mend it.
    """

    run: str
    database: str
    surplus: tuple[Fact, ...]
    lack: tuple[Fact, ...]
    row_security: tuple[str, ...]
    logged: tuple[str, ...]
    accepted: tuple[str, ...]
    overlong: tuple[str, ...]
    untried: tuple[str, ...]
    unused: tuple[str, ...]
    untold: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    weaker: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether everybody can do what was declared, and nothing else."""
        return not self.lines()

    def lines(self) -> list[str]:
        """Return a line for each finding."""
        return [
            *(f"too much: {fact}" for fact in self.surplus),
            *(f"too little: {fact}" for fact in self.lack),
            *(f"row security: {line}" for line in self.row_security),
            *(f"in the log: {line}" for line in self.logged),
            *(f"an open lock: {line}" for line in self.accepted),
            *(f"too long: {line}" for line in self.overlong),
            *(f"not tried: {line}" for line in self.untried),
        ]


def audit(issuer: LeaseIssuer, template: str | None = None) -> Audit:
    """Compare what every role can do with what was declared.

    A clone is looked at, so that sessions in the run's database are not disturbed.

    Args:
        issuer: Asks the run's broker.
        template: A database of the harness's, migrated; the latest there is, or else the run's own, when not given.

    Raises:
        BrokerError: The broker refused, or did not answer.
        EngineError: The engine cannot be reached.
    """
    outputs = issuer.outputs
    databases = Databases(issuer)
    try:
        source = template or next((name for name, _ in databases.templates()), None)
        with databases.clone(source) as clone, ExitStack() as leases:

            def take(role: str) -> Lease:
                lease = issuer.lease(role, clone)
                leases.callback(issuer.revoke, lease)
                return lease

            def enter() -> Lease:
                lease = take(max(outputs.roles_with_leases, key=lambda role: outputs.roles[role].term))
                databases.admit(clone, lease)
                return lease

            # Of a lease that has no other connection: its role may allow a single one.
            accepted, not_refused = open_locks(enter())
            with enter().connect(autocommit=True, application_name=OURS, client_encoding=ENCODING) as connection:
                version = connection.info.server_version
                there, superusers = objects(connection), superusers_of(connection)
                indirect = behind(connection)
                unguarded = tuple(differences(connection, outputs.row_security))
                more_guarded = tuple(undeclared(connection, outputs.row_security))
                lasting, not_renewed = overlong(issuer, connection, take_inventory(outputs.run).expires)
                for name in _attributed(outputs):
                    with suppress(BrokerError):  # told above, as a role whose term could not be tried
                        take(name)
                effective = effective_facts(
                    connection,
                    (*outputs.roles, TEMPLATE_ADMIN, ADMIN),
                    (outputs.database, MAINTENANCE, "template1"),
                    ADMIN,
                )
    finally:
        databases.close()
    tables = {one.name for one in there if one.kind == "table"} | {
        table for role in outputs.roles.values() for grant in role.table_grants for table in grant.objects
    }
    connections: list[Record] = []
    used = used_privileges(database_log(outputs.run, connections), outputs.roles, tables, indirect)
    expected = known(expected_facts(outputs.roles, outputs.database, there, outputs.revoked_from_public), version)
    return Audit(
        outputs.run,
        source or outputs.database,
        tuple(sorted(effective - expected)),
        tuple(sorted(expected - effective)),
        unguarded,
        tuple(log_findings(outputs.run, connections, superusers)),
        tuple(accepted),
        tuple(lasting),
        (*not_refused, *not_renewed),
        tuple(suggestions(outputs.roles, used, there)),
        tuple(untold(outputs.roles, used, there)),
        tuple(idle(outputs.roles, used, there)),
        more_guarded,
        weaker(version),
    )


def _attributed(outputs: Outputs) -> list[str]:
    """Return the roles whose leases have attributes: of these, and not of their roles, a look at a lease tells."""
    return [name for name, role in outputs.roles.items() if role.attributes and role.has_leases and not role.is_static]
