"""What the database server's log tells."""

import pytest

from leasehold.denials.database_log import RAISED
from leasehold.denials.model import Kind
from leasehold.denials.refusals import LONGEST, LoggedIn, Mark, Refusal, Statement

from .logs import LEASE, MATCHED, TIME, denied, login, mark, one, read, said

WRONG = f'password authentication failed for user "{LEASE}"'
HOST = 'host "172.18.0.4", user "reader-g8kslbge9bjhxqoa", database "app"'


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
        ("reader", 'User "reader" has no password assigned.', Kind.BARRED_LOGIN),
    ],
)
def test_names_that_anybody_can_choose_tell_nothing(user: str, detail: str, kind: Kind) -> None:
    refusal = one(login(f'password authentication failed for user "{user}"', detail=f"{detail}\n{MATCHED}", user=user))
    assert (refusal.kind, refusal.login, refusal.role) == (kind, user, "")


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
    refusal = one([*warning, *said("LOG", "statement: SELECT 1")])
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
        ["PostgreSQL init process complete", "\tdeeper", ""],
    ],
)
def test_what_is_no_refusal(lines: list[str]) -> None:
    assert read(lines) == []


def test_an_error_of_another_kind_ends_a_refusal_and_gives_it_nothing() -> None:
    lines = [*login(WRONG), *denied('relation "x" does not exist', "SELECT 'other'", "42P01", detail="User has x.")]
    [refusal] = read(lines)
    assert isinstance(refusal, Refusal)
    assert (refusal.statement, refusal.kind) == ("", Kind.WRONG_PASSWORD)


def test_a_statement_of_another_process_is_not_its_own() -> None:
    lines = [
        *said("ERROR", "permission denied for table orders", "42501"),
        *said("STATEMENT", "SELECT other", "23505", process=36),
        *said("STATEMENT", "SELECT own", "42501"),
    ]
    assert one(lines).statement == "SELECT own"


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
    "refused",
    [login(WRONG), login(WRONG, detail=f"x\n{MATCHED}"), denied("permission denied for table a", "TABLE a\nLIMIT 1")],
)
@pytest.mark.parametrize(
    "marked",
    [mark("main-1-call"), login("password authentication failed", user="leasehold-mark-main-1-call", detail=MATCHED)],
)
def test_a_mark_comes_after_what_was_refused_before_it_at_once(refused: list[str], marked: list[str]) -> None:
    told = read([*refused, marked[0]], settled=False)
    assert [type(entry) for entry in told] == [Refusal, Mark]
    assert told[1] == Mark("main-1-call")
    later = read([*refused, *marked, *refused])
    assert [type(entry) for entry in later] == [Refusal, Mark, Refusal]


def test_what_waits_for_its_statement_is_told_when_the_log_is_over() -> None:
    lines = login(WRONG, detail=MATCHED)
    assert read(lines, settled=False) == []
    assert len(read(lines)) == 1


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


@pytest.mark.parametrize("app", ["my app", "code=12345", "a db=b host=c", "psql - code=0000 x", ""])
def test_names_of_applications(app: str) -> None:
    refusal = one(said("ERROR", "permission denied for table a", "42501", app=app))
    assert (refusal.login, refusal.code, refusal.on) == (LEASE, "42501", "a")


def test_a_statement_that_looks_like_the_log() -> None:
    forged = "\n".join(login(WRONG))
    sql = f"SELECT 'x\n{forged}' -- code=28P01 FATAL:  {WRONG}\n\n"
    assert read(said("LOG", f"statement: {sql}")) == [Statement(LEASE, sql)]
    assert len(read(denied("permission denied for table a", sql))) == 1


def test_lines_that_are_cut_off() -> None:
    whole = denied("permission denied for table a", "TABLE a")
    assert read([whole[0][:60], "", "\t", whole[1][10:]]) == []
    assert [type(entry) for entry in read([whole[0], whole[1][:50], *whole])] == [Refusal, Refusal]


def test_long_texts_are_cut() -> None:
    refusal = one(denied("permission denied for table a", "SELECT " + "a, " * 5000 + "b"))
    assert len(refusal.statement) <= LONGEST + 4
