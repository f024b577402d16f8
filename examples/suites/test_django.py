"""Django: models over a connection that is set up for each test."""

from collections.abc import Callable, Iterator

import django
import pytest
from django.conf import settings
from django.db import connections, models
from django.db.utils import ProgrammingError

import leasehold
from leasehold.databases.drivers import django as entry
from leasehold.pytest_plugin.fixtures import TakeLease

settings.configure(DATABASES={}, INSTALLED_APPS=[], USE_TZ=True)
django.setup()


class Order(models.Model):
    customer_id = models.BigIntegerField()
    item = models.TextField()
    quantity = models.IntegerField()

    class Meta:
        app_label = "shop"
        managed = False
        db_table = "orders"


class Payroll(models.Model):
    employee = models.TextField(primary_key=True)

    class Meta:
        app_label = "shop"
        managed = False
        db_table = "payroll"


Use = Callable[[str], str]


@pytest.fixture
def use(lease: TakeLease) -> Iterator[Use]:
    """Give Django a database for a role; return its alias."""
    aliases: list[str] = []

    def configure(role: str) -> str:
        connections.settings[role] = connections.configure_settings({"default": {}, role: entry(lease(role))})[role]
        aliases.append(role)
        return role

    yield configure
    for alias in aliases:
        connections[alias].close()
        del connections[alias], connections.settings[alias]


def who(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("role", ["reader", "writer", "auditor"])
def test_reading(use: Use, role: str) -> None:
    alias = use(role)
    assert Order.objects.using(alias).count() == 2
    assert who(alias).startswith(f"{role}_")


@pytest.mark.parametrize("item", ["sextant", "rope", "lamp"])
def test_writing(use: Use, item: str) -> None:
    alias = use("writer")
    Order(customer_id=1, item=item, quantity=1).save(using=alias, force_insert=True)
    assert Order.objects.using(alias).filter(item=item).count() == 1
    assert who(alias).startswith("writer_")


@pytest.mark.parametrize("role", ["reader", "auditor"])
def test_writing_is_refused(use: Use, role: str) -> None:
    alias = use(role)
    assert who(alias).startswith(f"{role}_")
    denial = leasehold.expect_denial(role, on="orders")
    with denial, pytest.raises(ProgrammingError, match="permission denied for table orders"):
        Order.objects.using(alias).update(quantity=9)


@pytest.mark.parametrize("role", ["reader", "writer"])
def test_payroll_is_closed(use: Use, role: str) -> None:
    alias = use(role)
    assert who(alias).startswith(f"{role}_")
    denial = leasehold.expect_denial(role, on="payroll")
    with denial, pytest.raises(ProgrammingError, match="permission denied for table payroll"):
        list(Payroll.objects.using(alias).all())


def test_payroll_is_open_to_the_auditor(use: Use) -> None:
    alias = use("auditor")
    assert Payroll.objects.using(alias).count() == 2
    assert who(alias).startswith("auditor_")
