"""SQLAlchemy: an engine on a lease."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import URL, Engine, MetaData, Table, create_engine, func, insert, select
from sqlalchemy.exc import ProgrammingError

import leasehold
from leasehold.databases.drivers import sqlalchemy
from leasehold.pytest_plugin.fixtures import TakeLease

MakeEngine = Callable[[str], Engine]


@pytest.fixture
def engine(lease: TakeLease) -> Iterator[MakeEngine]:
    made: list[Engine] = []

    def make(role: str) -> Engine:
        made.append(create_engine(URL.create(**sqlalchemy(lease(role)))))
        return made[-1]

    yield make
    for one in made:
        one.dispose()


def table(engine: Engine, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=engine)


@pytest.mark.parametrize("role", ["reader", "writer", "auditor"])
def test_reading(engine: MakeEngine, role: str) -> None:
    orders = table(engine(role), "orders")
    with engine(role).connect() as connection:
        count, user = connection.execute(select(func.count(), func.current_user()).select_from(orders)).one()
    assert (count, user.startswith(f"{role}_")) == (2, True)


@pytest.mark.parametrize("item", ["compass", "ledger", "quill", "ink"])
def test_writing(engine: MakeEngine, item: str) -> None:
    writer = engine("writer")
    orders = table(writer, "orders")
    with writer.begin() as connection:
        connection.execute(insert(orders).values(customer_id=1, item=item, quantity=1))
        count, user = connection.execute(select(func.count(), func.current_user()).select_from(orders)).one()
    assert (count, user.startswith("writer_")) == (3, True)


@pytest.mark.parametrize("role", ["reader", "auditor"])
def test_writing_is_refused(engine: MakeEngine, role: str) -> None:
    reader = engine(role)
    orders = table(reader, "orders")
    with reader.connect() as connection:
        assert connection.execute(select(func.current_user())).scalar_one().startswith(f"{role}_")
        denial = leasehold.expect_denial(role, on="orders")
        with denial, pytest.raises(ProgrammingError, match="permission denied for table orders"):
            connection.execute(insert(orders).values(customer_id=1, item="x", quantity=1))


def test_a_pool_shares_one_lease(engine: MakeEngine) -> None:
    reader = engine("reader")
    with reader.connect() as first, reader.connect() as second:
        users = {connection.execute(select(func.current_user())).scalar_one() for connection in (first, second)}
    assert len(users) == 1
    assert users.pop().startswith("reader_")


def test_the_password_does_not_show(lease: TakeLease) -> None:
    held = lease("reader")
    url = URL.create(**sqlalchemy(held))
    assert held.password.get_secret_value() not in repr(url)
    with create_engine(url).connect() as connection:
        assert connection.execute(select(func.current_user())).scalar_one() == held.user
