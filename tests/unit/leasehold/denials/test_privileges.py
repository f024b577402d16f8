"""Which privilege a message of the server's says is missing."""

import pytest

from leasehold.denials.model import Kind
from leasehold.denials.sources.privileges import classified

CASES = [
    ("permission denied for table orders", Kind.TABLE, "orders"),
    ("permission denied for table My Orders", Kind.TABLE, "My Orders"),
    ("permission denied for table orders at character 15", Kind.TABLE, "orders"),
    ("permission denied for view v", Kind.TABLE, "v"),
    ("permission denied for materialized view v", Kind.TABLE, "v"),
    ("permission denied for foreign table f", Kind.TABLE, "f"),
    ("permission denied for relation r", Kind.TABLE, "r"),
    ('permission denied to vacuum "orders", skipping it', Kind.TABLE, "orders"),
    ('permission denied to analyze "orders", skipping it', Kind.TABLE, "orders"),
    ('permission denied to cluster "orders", skipping it', Kind.TABLE, "orders"),
    ('permission denied for column "salary" of relation "payroll"', Kind.COLUMN, "payroll.salary"),
    ('permission denied for column "My Col" of relation "My Table"', Kind.COLUMN, "My Table.My Col"),
    ("permission denied for schema shop", Kind.SCHEMA, "shop"),
    ("permission denied for function total", Kind.FUNCTION, "total"),
    ("permission denied for procedure p", Kind.FUNCTION, "p"),
    ("permission denied for routine r", Kind.FUNCTION, "r"),
    ("permission denied for aggregate a", Kind.FUNCTION, "a"),
    ("permission denied for sequence orders_id_seq", Kind.SEQUENCE, "orders_id_seq"),
    ("permission denied for database app", Kind.DATABASE, "app"),
    ('permission denied for database "app"', Kind.DATABASE, "app"),
    ("permission denied for database t_1_2: it is another test's", Kind.DATABASE, "t_1_2"),
    ('permission denied to create temporary tables in database "app"', Kind.DATABASE, "app"),
    ("must be owner of table orders", Kind.OWNERSHIP, "orders"),
    ("must be owner of table My Orders", Kind.OWNERSHIP, "My Orders"),
    ("must be owner of materialized view m", Kind.OWNERSHIP, "m"),
    ("must be owner of foreign-data wrapper w", Kind.OWNERSHIP, "w"),
    ("must be owner of text search configuration c", Kind.OWNERSHIP, "c"),
    ("must be owner of large object 16400", Kind.OWNERSHIP, "16400"),
    ("must be owner of schema shop", Kind.OWNERSHIP, "shop"),
    ("must be owner of sequence s", Kind.OWNERSHIP, "s"),
    ('new row violates row-level security policy for table "orders"', Kind.ROW_SECURITY, "orders"),
    ('new row violates row-level security policy "own" for table "orders"', Kind.ROW_SECURITY, "orders"),
    ('new row violates row-level security policy (USING expression) for table "orders"', Kind.ROW_SECURITY, "orders"),
    (
        'new row violates row-level security policy "own rows" (USING expression) for table "My Orders"',
        Kind.ROW_SECURITY,
        "My Orders",
    ),
    ('target row violates row-level security policy for table "orders"', Kind.ROW_SECURITY, "orders"),
    ('query would be affected by row-level security policy for table "orders"', Kind.ROW_SECURITY, "orders"),
    ('permission denied to set role "writer"', Kind.MEMBERSHIP, "writer"),
    ('permission denied to grant role "writer"', Kind.MEMBERSHIP, "writer"),
    ('permission denied to revoke role "writer"', Kind.MEMBERSHIP, "writer"),
    ('permission denied to set session authorization "postgres"', Kind.MEMBERSHIP, "postgres"),
    ('must be able to SET ROLE "writer"', Kind.MEMBERSHIP, "writer"),
    ("permission denied for language plpython3u", Kind.OTHER_PRIVILEGE, "plpython3u"),
    ("permission denied for large object 16400", Kind.OTHER_PRIVILEGE, "16400"),
    ("permission denied for type t", Kind.OTHER_PRIVILEGE, "t"),
    ('permission denied to set parameter "log_statement"', Kind.OTHER_PRIVILEGE, "log_statement"),
    ('permission denied to create extension "plpython3u"', Kind.OTHER_PRIVILEGE, "plpython3u"),
    ('permission denied: "pg_class" is a system catalog', Kind.OTHER_PRIVILEGE, "pg_class"),
    ("permission denied to create role", Kind.OTHER_PRIVILEGE, ""),
    ("permission denied to COPY to or from an external program", Kind.OTHER_PRIVILEGE, ""),
    ("permission denied to terminate process", Kind.OTHER_PRIVILEGE, ""),
    ("must be superuser to create a base type", Kind.OTHER_PRIVILEGE, ""),
    ("says a function: permission denied for table orders", Kind.OTHER_PRIVILEGE, ""),
    ("", Kind.OTHER_PRIVILEGE, ""),
]


@pytest.mark.parametrize(("message", "kind", "on"), CASES)
def test_each_message(message: str, kind: Kind, on: str) -> None:
    assert classified(message) == (kind, on)
