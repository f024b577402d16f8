"""Least privilege, proven: what every role can effectively do, beside what was declared."""

from contextlib import ExitStack
from dataclasses import dataclass

from ...contract import ADMIN, CONNECT_ROLE, TEMPLATE_ADMIN
from ...databases.admin_session import ENCODING
from ...databases.clones import Databases
from ...denials.sources.database_log import Record
from ...engines.labelled import take_inventory
from ...leases.issuer import Lease, LeaseIssuer
from .effective import effective_facts, relations, superusers_of
from .expected import MAINTENANCE, expected_facts
from .facts import Fact
from .logs import database_log, log_findings
from .refused_logins import open_locks
from .terms import overlong
from .used import OURS, suggestions, used_privileges
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
        logged: What the servers' logs hold against it: a root token, a superuser, a policy too wide.
        accepted: Logins that must be refused, and were not.
        overlong: Leases and tokens that last longer than was declared, or than the run.
        untried: What could not be tried, and so is not proven.
        unused: Roles whose grants are wider than the statements in the server's log needed, as they would be declared;
            a suggestion, and no finding.
        weaker: Locks that the server's version lacks: no finding, for no declaration can mend it.
    """

    run: str
    database: str
    surplus: tuple[Fact, ...]
    lack: tuple[Fact, ...]
    logged: tuple[str, ...]
    accepted: tuple[str, ...]
    overlong: tuple[str, ...]
    untried: tuple[str, ...]
    unused: tuple[str, ...]
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

            def take() -> Lease:
                lease = issuer.lease(max(outputs.roles, key=lambda role: outputs.roles[role].term), clone)
                leases.callback(issuer.revoke, lease)
                databases.admit(clone, lease)
                return lease

            # Of a lease that has no other connection: its role may allow a single one.
            accepted, not_refused = open_locks(take())
            with take().connect(autocommit=True, application_name=OURS, client_encoding=ENCODING) as connection:
                version = connection.info.server_version
                there, superusers = relations(connection), superusers_of(connection)
                lasting, not_renewed = overlong(issuer, connection, take_inventory(outputs.run).expires)
                effective = effective_facts(
                    connection,
                    (*outputs.roles, TEMPLATE_ADMIN, CONNECT_ROLE, ADMIN),
                    (outputs.database, MAINTENANCE, "template1"),
                    ADMIN,
                    CONNECT_ROLE,
                )
    finally:
        databases.close()
    tables = {relation.name for relation in there} | {
        table for role in outputs.roles.values() for grant in role.grants for table in grant.tables
    }
    connections: list[Record] = []
    used = used_privileges(database_log(outputs.run, connections), outputs.roles, tables)
    expected = known(expected_facts(outputs.roles, outputs.database, there), version)
    return Audit(
        outputs.run,
        source or outputs.database,
        tuple(sorted(effective - expected)),
        tuple(sorted(expected - effective)),
        tuple(log_findings(outputs.run, connections, superusers)),
        tuple(accepted),
        tuple(lasting),
        (*not_refused, *not_renewed),
        tuple(suggestions(outputs.roles, used, there)),
        weaker(version),
    )
