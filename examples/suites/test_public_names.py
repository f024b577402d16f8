"""Every public name of `leasehold`, used once: leases and databases by hand, and the errors that a harness meets."""

from pathlib import Path

import psycopg
import pytest

import leasehold
from components import DeclarationError, check_roles
from leasehold import Databases, Lease, LeaseIssuer, Outputs, Run, drivers, expect_denial
from leasehold.pytest_plugin.fixtures import Connect


def test_a_run_is_found_by_its_name(leasehold_run: Run) -> None:
    again = Run.get(leasehold_run.name)
    assert again.outputs == leasehold_run.outputs
    with pytest.raises(leasehold.RunNotFoundError):
        Run.get("no-such-run")
    with pytest.raises(leasehold.RunExistsError, match="Take another name"):
        Run.create(leasehold_run.name)


def test_a_lease_by_hand(leasehold_run: Run, leasehold_database: str) -> None:
    outputs: Outputs = leasehold_run.outputs
    issuer = LeaseIssuer(outputs)
    with pytest.raises(leasehold.UnknownRoleError, match="declares no role"):
        issuer.lease("nobody")
    lease: Lease = issuer.lease("reader")
    assert drivers.sqlalchemy(lease)["username"] == lease.user
    issuer.revoke(lease)


def test_a_database_by_hand(leasehold_run: Run, tmp_path: Path) -> None:
    issuer = leasehold_run.issuer
    databases = Databases(issuer)
    name = databases.create()
    migrator = issuer.lease("migrator", name)
    databases.admit(name, migrator)
    (tmp_path / "001_notes.sql").write_text("CREATE TABLE shop.notes (note text)")
    with migrator.connect() as connection:
        leasehold.migrate(connection, tmp_path)
        assert connection.execute("SELECT count(*) FROM shop.notes").fetchone() == (0,)
    issuer.revoke(migrator)
    databases.drop(name)
    databases.close()


def test_a_denial_that_is_expected(leasehold_connect: Connect) -> None:
    connection = leasehold_connect("reader")
    with expect_denial("reader", on="payroll", sqlstate="42501"):
        connection.execute("SELECT * FROM shop.payroll")
    connection.rollback()
    assert isinstance(connection, psycopg.Connection)


def test_a_wrong_declaration_is_one_sentence() -> None:
    with pytest.raises(DeclarationError, match="The role name 'pg_reader' is reserved"):
        check_roles([{"name": "pg_reader"}], 3600)


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (leasehold.BrokerError, "the broker refused, or did not answer"),
        (leasehold.EngineError, "the engine cannot be reached"),
        (leasehold.OutputsError, "the stack exports no environment"),
        (leasehold.RunBusyError, "another process changes the run"),
        (leasehold.NotOursError, "the stack is not ours, and is left alone"),
        (leasehold.LeftBehindError, "something of the run is still there"),
    ],
)
def test_errors_have_a_common_base(error: type[leasehold.LeaseholdError], means: str) -> None:
    assert issubclass(error, leasehold.LeaseholdError), means
    assert issubclass(leasehold.RunNotFoundError, leasehold.RunError)
