"""Flyway, and with it JDBC: a URL without a password, which the driver finds in the password file."""

import pytest

from .conftest import Migrated
from .installed import from_maven, program

pytestmark = pytest.mark.tools

FILES = {
    "changes/V1__made.sql": "CREATE TABLE by_flyway (id int);",
    "changes/V2__named.sql": "ALTER TABLE by_flyway ADD name text;",
    "changes/V10__renamed.sql": "ALTER TABLE by_flyway RENAME name TO title;",
    "Migrate.java": """
import org.flywaydb.core.Flyway;

class Migrate {
    public static void main(String[] words) {
        Flyway.configure().dataSource(System.getenv("JDBC_URL"), null, null).locations("filesystem:changes")
            .defaultSchema("app").createSchemas(false).load().migrate();
    }
}
""",
}
URL = "jdbc:postgresql://{host}:{port}/{database}?user={user}&sslmode=verify-full&sslrootcert={authority_file}"


def test_flyway(migrated: Migrated) -> None:
    jars = from_maven("org.flywaydb:flyway-database-postgresql:11.8.0", "org.postgresql:postgresql:42.7.14")
    words = [program("java", "default-jdk-headless"), "-cp", f"{jars}/*", "Migrate.java"]
    assert migrated(FILES, words, "by_flyway", {"JDBC_URL": URL}) == ["id", "title"]
