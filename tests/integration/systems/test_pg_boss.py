"""pg-boss: it makes its own schema, and a partition for each queue."""

import pytest

from components import EnvironmentArgs

from ..tools.installed import from_npm
from .conftest import Migrated

pytestmark = pytest.mark.systems

DECLARATION: EnvironmentArgs = {
    "roles": [
        # It makes the queues as well: each is a table.
        {"name": "owner", "database": ["CREATE"]},
        {
            "name": "sender",
            "grants": [
                {"schema": "pgboss", "tables": ["version", "queue"], "privileges": ["SELECT"]},
                {"schema": "pgboss", "tables": ["job"], "privileges": ["SELECT", "INSERT"]},
            ],
        },
        {
            "name": "worker",
            "grants": [
                {"schema": "pgboss", "tables": ["version"], "privileges": ["SELECT"]},
                {"schema": "pgboss", "tables": ["job"], "privileges": ["SELECT", "UPDATE"]},
            ],
        },
    ],
}

BOSS = """
const PgBoss = require('pg-boss')

async function main (does) {
  const migrate = does === 'migrate'
  const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, migrate, supervise: false, schedule: false })
  await boss.start()
  try {
    if (migrate) {
      await boss.createQueue('greetings')
    } else if (does === 'send') {
      await boss.send('greetings', { name: 'world' })
    } else {
      const [job] = await boss.fetch('greetings')
      await boss.complete('greetings', job.id)
      console.log('hello,', job.data.name)
    }
  } finally {
    await boss.stop({ graceful: false })
  }
}
main(process.argv[2])
"""


def test_a_job_is_sent_by_one_role_and_done_by_another(migrated: Migrated) -> None:
    found_at = {"NODE_PATH": str(from_npm("graphile-worker@0.16.6", "pg-boss@10.4.2").parent)}
    system = migrated(DECLARATION, {"boss.js": BOSS}, ["node", "boss.js", "migrate"], **found_at)
    with system.databases.clone(system.template) as clone:
        system.use(clone, "sender", ["node", "boss.js", "send"], **found_at)
        assert "hello, world" in system.use(clone, "worker", ["node", "boss.js", "work"], **found_at)
        assert system.ask(clone, "worker", "SELECT state::text FROM pgboss.job") == [("completed",)]
        assert system.refused() == []
    found = system.audit()
    assert found.lines() == []
    assert found.unused == ()
