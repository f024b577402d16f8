"""Drivers of other languages take the URLs that the how-to page gives them, and verify whom they meet."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import certifi
import pytest

from leasehold import Lease, Run
from leasehold.databases.clones import Databases
from leasehold.leases.handover import environment

from .installed import from_go, from_maven, from_npm, program

pytestmark = pytest.mark.tools

QUERY = "?sslmode=verify-full&sslrootcert={authority_file}"
NODE = """
const client = new (require("pg").Client)({ connectionString: process.env.URL })
const fail = (error) => { console.error(error.message); process.exit(1) }
client.connect().then(() => client.query("SELECT session_user AS who")).then((found) => {
  console.log(found.rows[0].who, client.connection.stream.getProtocol())
  return client.end()
}).catch(fail)
"""
JAVA = """
class Ask {
    public static void main(String[] words) throws Exception {
        try (var connection = java.sql.DriverManager.getConnection(System.getenv("URL"))) {
            var found = connection.createStatement().executeQuery("SELECT session_user");
            found.next();
            System.out.println(found.getString(1));
        }
    }
}
"""
Command = Callable[[Path], list[str]]


def node(folder: Path) -> list[str]:
    (folder / "ask.cjs").write_text(NODE)
    (folder / "node_modules").symlink_to(from_npm("node-pg-migrate@9.0.0", "pg@8.23.1").parent)
    return [program("node"), "ask.cjs"]


def java(folder: Path) -> list[str]:
    (folder / "Ask.java").write_text(JAVA)
    jars = from_maven("org.flywaydb:flyway-database-postgresql:11.8.0", "org.postgresql:postgresql:42.7.14")
    return [program("java", "default-jdk-headless"), "-cp", f"{jars}/*", "Ask.java"]


def go(folder: Path) -> list[str]:
    tool = from_go("github.com/golang-migrate/migrate/v4/cmd/migrate@v4.20.1", "postgres pgx5") / "migrate"
    (folder / "1_none.up.sql").write_text("")
    return ["sh", "-c", f'{tool} -path . -database "$URL" up && echo "$PGUSER"']


@pytest.fixture
def owner(tools: Run) -> Iterator[Lease]:
    """A lease on a clone of its own: nobody can clone a database that somebody is in."""
    databases = Databases(tools.issuer)
    with ExitStack() as ends:
        ends.callback(databases.close)
        clone = ends.enter_context(databases.clone())
        lease = tools.issuer.lease("owner", clone)
        ends.callback(tools.issuer.revoke, lease)
        databases.admit(clone, lease)
        yield lease


@pytest.mark.parametrize(
    ("command", "url", "refusal"),
    [
        pytest.param(node, "postgres://{user}@{host}:{port}/{database}" + QUERY, "unable to verify", id="node pg"),
        pytest.param(
            java, "jdbc:postgresql://{host}:{port}/{database}" + QUERY + "&user={user}", "certification path", id="JDBC"
        ),
        pytest.param(go, "postgres://{user}@{host}:{port}/{database}" + QUERY, "unknown authority", id="lib/pq"),
        pytest.param(go, "pgx5://{user}@{host}:{port}/{database}" + QUERY, "unknown authority", id="pgx"),
    ],
)
def test_it_connects_to_whom_it_trusts_alone(
    command: Command, url: str, refusal: str, owner: Lease, tmp_path: Path
) -> None:
    """Whoever the public web trusts has not vouched for a run's server."""
    words = command(tmp_path)

    def run(template: str) -> subprocess.CompletedProcess[str]:
        with environment(owner, os.environ, {"URL": template}) as given:
            return subprocess.run(words, cwd=tmp_path, env=given, capture_output=True, text=True, check=False)

    done = run(url)
    assert owner.user in done.stdout, done.stderr
    untrusting = run(url.replace("{authority_file}", certifi.where()))
    assert untrusting.returncode
    assert refusal in untrusting.stderr
