"""What the database server's log tells."""

import pytest

from leasehold.denials.model import Kind
from leasehold.denials.sources.database_log import RAISED
from leasehold.denials.sources.entries import LONGEST, LoggedIn, Mark, Refusal, Statement, shortened

from .logs import KEEPERS, LEASE, MATCHED, TIME, denied, login, mark, one, read, said, sent

WRONG = f'password authentication failed for user "{LEASE}"'
HOST = 'host "172.18.0.4", user "reader_g8kslbge9bjhxqoa", database "app"'


@pytest.mark.parametrize(
    ("message", "code", "detail", "kind"),
    [
        (WRONG, "28P01", MATCHED, Kind.WRONG_PASSWORD),
        (WRONG, "28P01", "", Kind.WRONG_PASSWORD),
        (WRONG, "28P01", f'Role "{LEASE}" does not exist.\n{MATCHED}', Kind.REVOKED_LOGIN),
        (WRONG, "28P01", f'User "{LEASE}" has an expired password.\n{MATCHED}', Kind.EXPIRED_LOGIN),
        (WRONG, "28P01", f'User "{LEASE}" has no password assigned.\n{MATCHED}', Kind.BARRED_LOGIN),
        (f'role "{LEASE}" does not exist', "28000", "", Kind.REVOKED_LOGIN),
        (f'role "{LEASE}" is not permitted to log in', "28000", "", Kind.BARRED_LOGIN),
        ("this lease has ended", "28000", "", Kind.REVOKED_LOGIN),
        (f"no pg_hba.conf entry for {HOST}, SSL encryption", "28000", "", Kind.NOT_IN_HBA),
        (f"no pg_hba.conf entry for {HOST}, no encryption", "28000", "", Kind.NO_TLS),
        (f"pg_hba.conf rejects connection for {HOST}, SSL encryption", "28000", "", Kind.NOT_IN_HBA),
        (f"pg_hba.conf rejects connection for {HOST}, no encryption", "28000", "", Kind.NOT_IN_HBA),
        (f'too many connections for role "{LEASE}"', "53300", "", Kind.TOO_MANY_CONNECTIONS),
        ("sorry, too many clients already", "53300", "", Kind.TOO_MANY_CONNECTIONS),
        ('permission denied for database "app"', "42501", "User does not have CONNECT privilege.", Kind.DATABASE),
    ],
)
def test_each_refused_login(message: str, code: str, detail: str, kind: Kind) -> None:
    refusal = one(login(message, code, detail))
    assert (refusal.kind, refusal.code, refusal.message) == (kind, code, message)
    assert (refusal.login, refusal.role, refusal.database, refusal.on) == (LEASE, "reader", "app", "app")
    assert (refusal.action, refusal.statement, refusal.time, refusal.source) == ("connect", "", TIME, "database")


@pytest.mark.parametrize(
    ("user", "detail", "kind"),
    [
        ("nobody", 'Role "nobody" does not exist.', Kind.UNKNOWN_LOGIN),
        ("two words", 'Role "two words" does not exist.', Kind.UNKNOWN_LOGIN),
        ("code=42P01 x", 'Role "code=42P01 x" does not exist.', Kind.UNKNOWN_LOGIN),
        ("it does not exist", MATCHED, Kind.WRONG_PASSWORD),
        ("no pg_hba.conf entry", MATCHED, Kind.WRONG_PASSWORD),
        ("this lease has ended", MATCHED, Kind.WRONG_PASSWORD),
        ("x has an expired password.", MATCHED, Kind.WRONG_PASSWORD),
        ("two\nlines", 'Role "two\nlines" does not exist.', Kind.UNKNOWN_LOGIN),
        ("reader", 'User "reader" has no password assigned.', Kind.BARRED_LOGIN),
    ],
)
def test_names_that_anybody_can_choose_tell_nothing(user: str, detail: str, kind: Kind) -> None:
    refusal = one(login(f'password authentication failed for user "{user}"', detail=f"{detail}\n{MATCHED}", user=user))
    assert (refusal.kind, refusal.login, refusal.role) == (kind, shortened(user), "")


def test_a_refused_statement() -> None:
    refusal = one(denied("permission denied for table orders", "DELETE FROM shop.orders\n  WHERE name = 'secret'"))
    assert (refusal.kind, refusal.code, refusal.on) == (Kind.TABLE, "42501", "orders")
    assert (refusal.action, refusal.statement) == ("DELETE", "DELETE FROM shop.orders WHERE name = ?")
    assert refusal.needed == {("shop.orders", "DELETE"), ("shop.orders", "SELECT")}


@pytest.mark.parametrize(
    "sql", ["VALUES('secret')", "SELECT'secret'", "DO $$secret$$", "--secret\nSELECT 1", "'secret"]
)
def test_no_literal_of_a_statement_is_told(sql: str) -> None:
    assert "secret" not in repr(one(denied("permission denied for table orders", sql))).lower()


def test_no_word_that_a_function_raises_is_told() -> None:
    context = "PL/pgSQL function shop.pay(text) line 3 at RAISE"
    refusal = one(denied("no salary of 70000 for Ann", "SELECT shop.pay($1)", context=context))
    assert (refusal.kind, refusal.message) == (Kind.OTHER_PRIVILEGE, RAISED)


def test_what_the_server_refuses_inside_a_function_is_told() -> None:
    context = "PL/pgSQL function shop.pay(text) line 3 at SQL statement"
    refusal = one(denied("permission denied for table payroll", "SELECT shop.pay($1)", hint="None.", context=context))
    assert (refusal.kind, refusal.on, refusal.statement) == (Kind.TABLE, "payroll", "SELECT shop.pay($1)")


def test_a_table_that_maintenance_passes_over() -> None:
    warning = said("WARNING", 'permission denied to vacuum "orders", skipping it', "01000")
    refusal = one([*warning, *said("LOG", "statement: SELECT 1", user="leasehold_admin")])
    assert (refusal.kind, refusal.on, refusal.action) == (Kind.TABLE, "orders", "VACUUM")


@pytest.mark.parametrize(
    "lines",
    [
        denied('relation "x" does not exist at character 15', "SELECT * FROM x", "42P01"),
        login('database "x" does not exist', "3D000"),
        denied("duplicate key value violates unique constraint", "INSERT ...", "23505", detail="Key (id)=(1)."),
        said("FATAL", "terminating connection due to administrator command", "57P01"),
        said("WARNING", "there is already a transaction in progress", "25001"),
        said("LOG", "disconnection: session time: 0:00:00.010"),
        ["PostgreSQL init process complete", "\tdeeper", "", "[]", "1"],
    ],
)
def test_what_is_no_refusal(lines: list[str]) -> None:
    assert read(lines) == []


def test_several_in_a_row_keep_their_order() -> None:
    lines = [
        *login(WRONG, detail=MATCHED),
        *login(WRONG, detail=f'Role "{LEASE}" does not exist.'),
        *denied("permission denied for table a", "TABLE a"),
        *said("LOG", "statement: TABLE b"),
        *denied("permission denied for table b", "TABLE b"),
        *login('too many connections for role "x"', "53300"),
    ]
    told = read(lines)
    assert [entry.kind if isinstance(entry, Refusal) else entry for entry in told] == [
        Kind.WRONG_PASSWORD,
        Kind.REVOKED_LOGIN,
        Kind.TABLE,
        Statement(LEASE, "TABLE b"),
        Kind.TABLE,
        Kind.TOO_MANY_CONNECTIONS,
    ]
    assert [entry.on for entry in told if isinstance(entry, Refusal)] == ["app", "app", "a", "b", "app"]


@pytest.mark.parametrize(
    "marked",
    [mark("main-1-call"), login("password authentication failed", user="leasehold-mark-main-1-call", detail=MATCHED)],
)
def test_marks(marked: list[str]) -> None:
    refused = denied("permission denied for table a", "TABLE a")
    assert [type(entry) for entry in read([*refused, *marked, *refused])] == [Refusal, Mark, Refusal]
    assert read(marked) == [Mark("main-1-call")]


def test_a_mark_that_somebody_else_sends_is_a_statement() -> None:
    sql = "SELECT 'leasehold-mark-main-1-call'"
    assert read(sent(sql)) == [Statement(LEASE, sql)]


def test_the_harness_and_the_broker_are_refused_nothing_that_a_test_is_told_of() -> None:
    denial = "permission denied for database app"
    ours = [*login(WRONG, user=KEEPERS), *said("ERROR", denial, "42501", user=KEEPERS)]
    brokers = login(WRONG, user="leasehold_admin", remote_host="172.18.0.2")
    assert read([*mark("m"), *ours, *brokers]) == [Mark("m")]
    tried = [*mark("m"), *login(WRONG, user="leasehold_admin")]
    assert [type(entry) for entry in read(tried)] == [Mark, Refusal], "through the gateway, so that a test did"


def test_logins_and_statements() -> None:
    lines = [
        *said("LOG", "connection received: host=172.18.0.4 port=41234"),
        *said("LOG", f"connection authenticated: identity={LEASE} method=scram-sha-256"),
        *said("LOG", f"connection authorized: user={LEASE} database=app SSL enabled"),
        *said("LOG", "statement: BEGIN"),
        *said("LOG", "execute <unnamed>: SELECT *\nFROM orders\n\tWHERE id = $1"),
        *said("LOG", "execute s_1/c_1: SELECT 1"),
    ]
    assert read(lines) == [
        LoggedIn(LEASE, TIME),
        Statement(LEASE, "BEGIN"),
        Statement(LEASE, "SELECT *\nFROM orders\n\tWHERE id = $1"),
        Statement(LEASE, "SELECT 1"),
    ]


HOSTILE = [
    "my app",
    'x","error_severity":"FATAL","message":"y',
    "\n" + login(WRONG)[0],
    "\r\n\t\x00\x1b[2K\u2028\\",
    "leasehold-mark-main-1-call",
    "é" * 31,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_client_chooses_passes_for_a_record(text: str) -> None:
    """Its name, its database's, its application's, its statement."""
    fields = {"dbname": text, "application_name": text, "statement": f"SELECT '{text}'"}
    lines = said("ERROR", "permission denied for table a", "42501", user=f"x{text}", **fields)
    assert len("".join(lines).splitlines()) == len(lines) or "\u2028" in text
    refusal = one(lines)
    assert (refusal.login, refusal.code, refusal.on) == (shortened(f"x{text}"), "42501", "a")
    assert read(sent(f"SELECT '{text}'")) == [Statement(LEASE, f"SELECT '{text}'")]


def test_lines_that_are_cut_off() -> None:
    whole = denied("permission denied for table a", "TABLE a")
    assert read([whole[0][:60], "", "\t", whole[0][10:]]) == []
    assert [type(entry) for entry in read([whole[0][50:], *whole])] == [Refusal]


def test_long_texts_are_cut() -> None:
    refusal = one(denied("permission denied for table a", "SELECT " + "a, " * 5000 + "b"))
    assert len(refusal.statement) <= LONGEST + 4
