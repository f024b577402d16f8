"""golang-migrate, by each of its two drivers, and dbmate."""

import pytest

from .conftest import Migrated
from .installed import from_go, from_npm

pytestmark = pytest.mark.tools

PAIRS = {
    "changes/1_made.up.sql": "CREATE TABLE by_pairs (id int);",
    "changes/1_made.down.sql": "DROP TABLE by_pairs;",
    "changes/10_named.up.sql": "ALTER TABLE by_pairs ADD name text;",
}
PGX = "pgx5://{user}@{host}:{port}/{database}?sslmode=verify-full&sslrootcert={authority_file}"
HALVES = {
    "changes/1_made.sql": "-- migrate:up\nCREATE TABLE by_halves (id int);\n\n-- migrate:down\nDROP TABLE by_halves;\n"
}


@pytest.mark.parametrize("asked", [{}, {"DATABASE_URL": PGX}], ids=["lib/pq", "pgx"])
def test_golang_migrate(asked: dict[str, str], migrated: Migrated) -> None:
    """It takes a URL as a word of its command alone, so a shell puts it there; there is no password in it."""
    tool = from_go("github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1", "postgres pgx5") / "migrate"
    words = ["sh", "-c", f'exec {tool} -path changes -database "$DATABASE_URL" up']
    assert migrated(PAIRS, words, "by_pairs", asked) == ["id", "name"]


def test_dbmate(migrated: Migrated) -> None:
    tool = from_npm("dbmate@2.36.0") / "dbmate"
    words = [str(tool), "--migrations-dir", "changes", "--no-dump-schema", "migrate"]
    assert migrated(HALVES, words, "by_halves") == ["id"]
