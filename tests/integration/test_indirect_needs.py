"""What stands behind functions and tables, read from a real server's catalogs."""

from contextlib import ExitStack

from leasehold import LeaseIssuer
from leasehold.databases.clones import Databases
from leasehold.proofs.audit.indirect import Behind, Reach, behind

MADE = (
    "CREATE TABLE shop.notes (id int)",
    "CREATE TABLE shop.rules (name text)",
    "CREATE FUNCTION shop.as_caller() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO shop.notes VALUES (1); END'",
    "CREATE FUNCTION shop.as_owner() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = shop"
    " AS 'SELECT count(*)::int FROM notes'",
    "CREATE FUNCTION shop.standard() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM shop.rules)",
    "CREATE FUNCTION shop.noted() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN INSERT INTO shop.notes VALUES (1); RETURN NEW; END'",
    "CREATE TABLE shop.things (id int, n bigint DEFAULT shop.standard(), CHECK (shop.as_caller() > id))",
    "CREATE TRIGGER noted AFTER INSERT ON shop.things FOR EACH ROW EXECUTE FUNCTION shop.noted()",
    "CREATE POLICY ruled ON shop.things USING (EXISTS (SELECT FROM shop.rules WHERE name = current_user))",
    "CREATE VIEW shop.by_owner AS SELECT * FROM shop.notes",
    "CREATE VIEW shop.by_caller WITH (security_invoker) AS SELECT * FROM shop.notes",
)


def test_what_stands_behind_names_and_runs_with_the_callers_rights(issuer: LeaseIssuer) -> None:
    with ExitStack() as opened:
        databases = Databases(issuer)
        opened.callback(databases.close)
        clone = opened.enter_context(databases.clone())
        lease = issuer.lease("migrator", clone)
        opened.callback(issuer.revoke, lease)
        databases.admit(clone, lease)
        with lease.connect() as connection:
            for statement in MADE:
                connection.execute(statement.encode())
            found = behind(connection)
    assert {one for one in found if one.kind == "table" and one.name in ("things", "by_caller", "by_owner")} == {
        Behind("table", "things", on_write=True, text="noted"),
        Behind("table", "things", on_write=True, text="standard"),
        Behind("table", "things", on_write=True, text="as_caller"),
        Behind("table", "things", on_write=False, text="rules"),
        Behind("table", "by_caller", on_write=False, text="notes"),
    }
    reach = Reach(["notes", "rules", "things"], found)
    assert reach.of_statement("SELECT shop.as_caller()", []) == {"notes"}
    assert reach.of_statement("SELECT shop.standard()", []) == {"rules"}
    assert reach.of_statement("SELECT shop.as_owner()", []) == set()
    assert reach.of_statement("SELECT 1 FROM shop.by_caller", [("shop.by_caller", "SELECT")]) == {"notes"}
    assert reach.of_statement("SELECT 1 FROM shop.by_owner", [("shop.by_owner", "SELECT")]) == set()
    assert reach.of_statement("SELECT 1 FROM shop.things", [("shop.things", "SELECT")]) == {"rules"}
    assert reach.of_statement("INSERT INTO things VALUES (1)", [("things", "INSERT")]) == {"notes", "rules"}
