"""The same tests for each contender: each gives the fixture `writing`, a connection to a database of the test's own."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
CLOCK = """
import json, pathlib, time, pytest
taken = []
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    began = time.perf_counter()
    result = yield
    taken.append(time.perf_counter() - began)
    if nextitem is None:
        pathlib.Path(__file__).with_name("taken").write_text(json.dumps(taken))
    return result
"""
"""Takes the time of each test, with all that its fixtures do before and after it."""

WRITING = """
import pytest
@pytest.mark.parametrize("number", range({tests}))
def test_writes(writing, number):
    writing.execute("INSERT INTO orders (customer_id, item, quantity) VALUES (1, %s, 1)", [str(number)])
    assert writing.execute("SELECT count(*) FROM orders").fetchone() == (3,)
"""
READING = """
import pytest
@pytest.mark.parametrize("number", range({tests}))
def test_reads(reading, number):
    assert reading.execute("SELECT count(*) FROM orders").fetchone() == (2,)
"""
INI = f"""
[pytest]
addopts = -q -p no:cacheprovider -p no:hypothesispytest
leasehold_program = {PROJECT}
leasehold_migrations = {PROJECT}/stacks/shop/migrations
leasehold_audit = false
"""
LEASEHOLD = """
@pytest.fixture
def writing(leasehold_connect):
    with leasehold_connect("writer") as connection:
        yield connection
@pytest.fixture
def reading(leasehold_connect):
    with leasehold_connect("reader") as connection:
        yield connection
"""
_TEMPLATE = """
import psycopg
@pytest.fixture(scope="session")
def template():
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS template_shop")
        connection.execute("CREATE DATABASE template_shop")
    with psycopg.connect(DSN, dbname="template_shop") as connection:
        connection.execute(MIGRATIONS)
    return "template_shop"
"""
BARE = f"""{_TEMPLATE}
import secrets
@pytest.fixture(scope="session")
def admin():
    with psycopg.connect(DSN, autocommit=True) as connection:
        yield connection
@pytest.fixture
def writing(admin, template):
    name = f"bare_{{secrets.token_hex(4)}}"
    admin.execute(f"CREATE DATABASE {{name}} TEMPLATE {{template}}")
    with psycopg.connect(DSN, dbname=name) as connection:
        yield connection
    admin.execute(f"DROP DATABASE {{name}} WITH (FORCE)")
reading = writing
"""
PYTEST_POSTGRESQL = """
import psycopg
from pytest_postgresql import factories
def migrate(**kwargs):
    with psycopg.connect(**{"sslmode": "disable", **kwargs}) as connection:
        connection.execute(MIGRATIONS)
server = factories.postgresql_noproc(
    host="127.0.0.1", port=PORT, user="postgres", password=PASSWORD, dbname="peer", load=[migrate]
)
writing = factories.postgresql("server")
reading = factories.postgresql("server")
"""
INTEGRESQL = """
import psycopg, requests
HASH = "shop-" + str(PORT)
API = f"http://127.0.0.1:{INTEGRESQL}/api/v1/templates"
def dsn(answer):
    told = answer.json()["database"]["config"]
    return (f"host=127.0.0.1 port={told['port']} user={told['username']} password={told['password']} "
            f"dbname={told['database']} sslmode=disable")
@pytest.fixture(scope="session")
def templates():
    with requests.Session() as http:
        made = http.post(API, json={"hash": HASH})
        if made.status_code == 200:
            with psycopg.connect(dsn(made)) as connection:
                connection.execute(MIGRATIONS)
            http.put(f"{API}/{HASH}").raise_for_status()
        yield http
@pytest.fixture
def writing(templates):
    given = templates.get(f"{API}/{HASH}/tests")
    given.raise_for_status()
    with psycopg.connect(dsn(given)) as connection:
        yield connection
reading = writing
"""
TESTCONTAINERS = """
import psycopg, time
from testcontainers.core.container import DockerContainer
@pytest.fixture
def writing():
    server = DockerContainer(IMAGE, entrypoint="sh", user="postgres").with_tmpfs_mount("/tmp/peer", "size=1g,mode=1777")
    server = server.with_command(["-c", START]).with_env("POSTGRES_PASSWORD", PASSWORD).with_exposed_ports(5432)
    with server as made:
        where = f"host=127.0.0.1 port={made.get_exposed_port(5432)} user=postgres password={PASSWORD} sslmode=disable"
        while True:
            try:
                connection = psycopg.connect(where)
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        connection.execute(MIGRATIONS)
        yield connection
        connection.close()
"""


@dataclass(frozen=True)
class Contender:
    """Somebody who gives each test a database of its own.

    Attributes:
        name: Its name, and how it is set.
        fixtures: Its fixtures; empty where its tests are no pytest's.
        words: Its arguments of pytest.
        reads: Whether tests only read.
        most: So many tests it is given at most; 0 for any number.
    """

    name: str
    fixtures: str
    words: tuple[str, ...] = ()
    reads: bool = False
    most: int = 0


OURS = "Leasehold"
CONTENDERS = (
    Contender(OURS, LEASEHOLD),
    Contender(f"{OURS}, gate off", LEASEHOLD, ("--leasehold-denials=off",)),
    Contender(f"{OURS}, tests that only read", LEASEHOLD, reads=True),
    Contender("IntegreSQL", INTEGRESQL),
    Contender("IntegreSQL, tests that only read", INTEGRESQL, reads=True),
    Contender("pytest-postgresql", PYTEST_POSTGRESQL),
    Contender("pgtestdb, in Go", ""),
    Contender("bare statements", BARE),
    Contender("testcontainers, a server a test", TESTCONTAINERS, most=5),
)


def write(folder: Path, contender: Contender, tests: int, names: dict[str, object]) -> None:
    """Write a contender's suite.

    Args:
        folder: Where.
        contender: The contender.
        tests: How many tests.
        names: What its fixtures find, by name.
    """
    told = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    number = min(tests, contender.most) if contender.most else tests
    (folder / "conftest.py").write_text(CLOCK + told + contender.fixtures)
    (folder / "test_it.py").write_text((READING if contender.reads else WRITING).format(tests=number))
    (folder / "pytest.ini").write_text(INI)
