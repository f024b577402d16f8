"""graphile-worker: it makes its own schema, and turns row security on there without a policy."""

import pytest

from components import EnvironmentArgs

from ..tools.installed import from_npm
from .conftest import Migrated

pytestmark = pytest.mark.systems

SCHEMA = "graphile_worker"
NO_POLICY = "graphile-worker's tables have row security, and no policy: rows are its owner's alone"

DECLARATION: EnvironmentArgs = {
    "roles": [
        {"name": "owner", "database": ["CREATE"]},
        {
            "name": "producer",
            "attributes": {"BYPASSRLS": NO_POLICY},
            "grants": [
                # Its library looks at the schema's version, also where it migrates nothing.
                {"schema": SCHEMA, "tables": ["migrations"], "privileges": ["SELECT"]},
                {"schema": SCHEMA, "functions": ["add_job", "add_jobs"], "privileges": ["EXECUTE"]},
                {"schema": SCHEMA, "tables": ["_private_jobs"], "privileges": ["SELECT", "INSERT", "UPDATE"]},
                {
                    "schema": SCHEMA,
                    "tables": ["_private_tasks", "_private_job_queues"],
                    "privileges": ["SELECT", "INSERT"],
                },
            ],
        },
        {
            "name": "worker",
            "attributes": {"BYPASSRLS": NO_POLICY},
            "grants": [
                {"schema": SCHEMA, "tables": ["migrations"], "privileges": ["SELECT"]},
                {"schema": SCHEMA, "tables": ["_private_jobs"], "privileges": ["SELECT", "UPDATE", "DELETE"]},
                {"schema": SCHEMA, "tables": ["_private_job_queues"], "privileges": ["SELECT", "UPDATE"]},
                {"schema": SCHEMA, "tables": ["_private_tasks"], "privileges": ["SELECT", "INSERT"]},
            ],
        },
    ],
    "revoked_from_public": ["EXECUTE ON ROUTINES"],
    "row_security": [
        {"schema": SCHEMA, "table": table}
        for table in ("_private_jobs", "_private_job_queues", "_private_tasks", "_private_known_crontabs")
    ],
}

FILES = {
    "tasks/greet.js": "module.exports = async ({ name }) => console.log('hello,', name)\n",
    "add.js": """
const { makeWorkerUtils } = require('graphile-worker')

async function main () {
  const utils = await makeWorkerUtils({ connectionString: process.env.DATABASE_URL })
  try {
    const { rows } = await utils.withPgClient((client) => client.query(
      "SELECT * FROM graphile_worker.add_job('greet', $1::json)", [JSON.stringify({ name: 'world' })]))
    console.log('added', rows.length)
  } finally {
    await utils.release()
  }
}
main()
""",
}


def test_a_job_is_added_by_one_role_and_done_by_another(migrated: Migrated) -> None:
    programs = from_npm("graphile-worker@0.16.6", "pg-boss@10.4.2")
    found_at = {"NODE_PATH": str(programs.parent)}
    tool = str(programs / "graphile-worker")
    system = migrated(DECLARATION, FILES, [tool, "--schema-only"], **found_at)
    with system.databases.clone(system.template) as clone:
        assert "added 1" in system.use(clone, "producer", ["node", "add.js"], **found_at)
        assert "hello, world" in system.use(clone, "worker", [tool, "--once"], **found_at)
        assert system.ask(clone, "worker", "SELECT FROM graphile_worker._private_jobs") == []  # done is deleted
        assert system.refused() == []
    found = system.audit()
    assert found.lines() == []
    assert found.unused == ()
