"""Sqitch, which works by psql, and keeps its registry in a schema that it makes."""

import pytest

from .conftest import Migrated
from .installed import program

pytestmark = pytest.mark.tools

FILES = {
    "sqitch.conf": "[core]\n\tengine = pg\n[user]\n\tname = Tests\n\temail = tests@example.org\n",
    "sqitch.plan": "%syntax-version=1.0.0\n%project=tests\n\n"
    "made 2026-01-01T00:00:00Z Tests <tests@example.org> # A table\n",
    "deploy/made.sql": "BEGIN;\nCREATE TABLE planned.by_sqitch (id int);\nCOMMIT;\n",
}


def test_sqitch(migrated: Migrated) -> None:
    words = [program("sqitch", "sqitch libdbd-pg-perl"), "deploy", "--target", "db:pg:"]
    assert migrated(FILES, words, "by_sqitch", role="maker") == ["id"]
