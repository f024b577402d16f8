"""What a test expects, and how it says so."""

import hvac.exceptions
import psycopg
import pytest

import leasehold
from leasehold.denials import registrar
from leasehold.denials.carried import carries_refusal, code_of, is_refusal
from leasehold.denials.expectations import Expectation, expect_denial
from leasehold.denials.model import Kind
from leasehold.errors import BrokerError, LeaseholdError
from tests.sessions import denial


class Session:
    def __init__(self) -> None:
        self.reads_logs = True
        self.marks = 0
        self.told: list[Expectation] = []

    def mark(self) -> str:
        self.marks += 1
        return f"m{self.marks}"

    def expect(self, expectation: Expectation) -> None:
        self.told.append(expectation)

    def test(self) -> str:
        return "t.py::test_x"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    session = Session()
    monkeypatch.setattr(registrar, "_find", lambda: session)
    return session


def test_a_block_is_told_when_it_begins_and_when_it_ends(session: Session) -> None:
    with leasehold.expect_denial("reader", on="payroll", sqlstate="42501", kind="table"):
        [begun] = session.told
    assert begun == Expectation("t.py::test_x", "reader", "payroll", "42501", "table", "m1", "")
    assert session.told[1:] == [Expectation("t.py::test_x", "reader", "payroll", "42501", "table", "m1", "m2")]


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.InsufficientPrivilege("no"),
        psycopg.OperationalError("no"),
        hvac.exceptions.Forbidden("no"),
        BrokerError("no"),
        type("Wrapped", (psycopg.Error,), {"__module__": "shop.errors"})("no"),
        type("DBAPIError", (Exception,), {"__module__": "sqlalchemy.exc"})("no"),
        type("Refused", (Exception,), {"__module__": "asyncpg.exceptions"})("no"),
    ],
)
def test_an_error_that_carries_a_refusal_goes_no_further(session: Session, error: Exception) -> None:
    assert carries_refusal(error)
    with expect_denial():
        raise error
    assert session.told[-1].end == "m2"


@pytest.mark.parametrize("error", [AssertionError("no"), ValueError("no"), KeyboardInterrupt(), LeaseholdError("no")])
def test_others_do_and_the_block_has_ended_all_the_same(session: Session, error: BaseException) -> None:
    assert not carries_refusal(error)
    with pytest.raises(type(error)), expect_denial():
        raise error
    assert session.told[-1].end == "m2"


def test_a_package_whose_name_only_begins_so_is_none_of_the_drivers() -> None:
    assert not carries_refusal(type("Odd", (Exception,), {"__module__": "psycopgx.errors"})("no"))


TYPO = psycopg.errors.UndefinedTable('relation "ordrs" does not exist')
DENIED = psycopg.errors.InsufficientPrivilege("permission denied for table payroll")


class Wrapping(Exception):
    """An error as SQLAlchemy's are."""

    __module__ = "sqlalchemy.exc"

    def __init__(self, orig: Exception) -> None:
        super().__init__("wrapped")
        self.orig = orig


def raised_from(cause: Exception) -> Exception:
    """Return an error as Django's are."""
    error: Exception = type("ProgrammingError", (Exception,), {"__module__": "django.db.utils"})("no")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("error", [TYPO, Wrapping(TYPO), raised_from(TYPO), psycopg.OperationalError("timeout")])
def test_where_no_log_is_read_an_error_that_is_no_refusal_goes_on(session: Session, error: Exception) -> None:
    session.reads_logs = False
    with pytest.raises(type(error)), expect_denial():
        raise error


@pytest.mark.parametrize("error", [DENIED, Wrapping(DENIED), raised_from(DENIED), hvac.exceptions.Forbidden("no")])
def test_where_no_log_is_read_a_refusal_goes_no_further(session: Session, error: Exception) -> None:
    session.reads_logs = False
    with expect_denial():
        raise error
    assert session.told[-1].end == "m2"


@pytest.mark.parametrize("code", ["42501", "28P01"])
def test_where_no_log_is_read_the_sqlstate_has_to_be_the_expected_one(session: Session, code: str) -> None:
    session.reads_logs = False
    assert is_refusal(DENIED, code) == (code == "42501")
    if code != "42501":
        with pytest.raises(psycopg.errors.InsufficientPrivilege), expect_denial(sqlstate=code):
            raise DENIED


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('FATAL:  password authentication failed for user "x"', "28P01"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "x"', "28000"),
        ('FATAL:  permission denied for database "x"', "42501"),
        ('FATAL:  too many connections for role "x"', "53300"),
        ("server closed the connection unexpectedly", ""),
    ],
)
def test_a_login_that_is_refused_is_known_by_the_servers_words(words: str, code: str) -> None:
    assert code_of(psycopg.OperationalError(words)) == code


def test_what_ended_a_block_is_told_without_its_data(session: Session) -> None:
    with expect_denial("reader"):
        raise psycopg.errors.UniqueViolation("Key (email)=(ann@example.org) already exists.")
    assert session.told[-1].raised == "UniqueViolation (23505)"
    assert session.told[-1].begun == session.told[0]


def test_a_kind_that_there_is_not(session: Session) -> None:
    with pytest.raises(ValueError, match="tables"), expect_denial(kind="tables"):
        pass
    assert session.told == []


def test_without_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "_find", lambda: None)
    with pytest.raises(LeaseholdError, match="works inside a test"), expect_denial():
        pytest.fail("it has begun")


def test_how_it_is_told() -> None:
    assert str(Expectation("t")) == "any"
    assert str(Expectation("t", "reader", "payroll", "42501", "table", "m1", "m2")) == (
        "role='reader', on='payroll', sqlstate='42501', kind='table'"
    )


def test_each_field_has_to_fit() -> None:
    seen = denial(on="shop.payroll", kind=Kind.TABLE)
    assert Expectation("t").fits(seen)
    for right, wrong in (
        ({"role": "reader"}, {"role": "writer"}),
        ({"on": "payroll"}, {"on": "roll"}),
        ({"on": "shop.payroll"}, {"on": "hr.payroll"}),
        ({"sqlstate": "42501"}, {"sqlstate": "28P01"}),
        ({"kind": "table"}, {"kind": "column"}),
    ):
        assert Expectation("t", **right).fits(seen)
        assert not Expectation("t", **wrong).fits(seen)
