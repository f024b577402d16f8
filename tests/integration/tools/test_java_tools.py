"""Flyway and Liquibase, and with them JDBC: a URL without a password, which the driver finds in the password file."""

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


CHANGE_LOG = """--liquibase formatted sql

--changeset a:1
CREATE TABLE by_liquibase (id int);

--changeset a:2 runInTransaction:false
CREATE INDEX CONCURRENTLY by_id ON by_liquibase (id);

--changeset a:3
ALTER TABLE by_liquibase ADD name text;
"""


def test_liquibase(migrated: Migrated) -> None:
    jars = from_maven(
        "org.liquibase:liquibase-core:4.33.0", "info.picocli:picocli:4.7.6", "org.postgresql:postgresql:42.7.14"
    )
    main = "liquibase.integration.commandline.LiquibaseCommandLine"
    words = [program("java", "default-jdk-headless"), "-cp", f"{jars}/*", main, "update"]
    asked = {"LIQUIBASE_COMMAND_URL": URL, "LIQUIBASE_COMMAND_CHANGELOG_FILE": "changes.sql"}
    assert migrated({"changes.sql": CHANGE_LOG}, words, "by_liquibase", asked) == ["id", "name"]
