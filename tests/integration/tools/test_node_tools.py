"""node-pg-migrate."""

import pytest

from .conftest import Migrated
from .installed import from_npm

pytestmark = pytest.mark.tools

FILES = {
    "changes/1700000000000_made.cjs": "exports.up = (pgm) => pgm.createTable('by_node', { id: 'id', name: 'text' })\n",
}


def test_node_pg_migrate(migrated: Migrated) -> None:
    tool = from_npm("node-pg-migrate@9.0.0", "pg@8.23.1") / "node-pg-migrate"
    words = [str(tool), "up", "--migrations-dir", "changes", "--schema", "app", "--migrations-schema", "app"]
    assert migrated(FILES, words, "by_node") == ["id", "name"]
