"""Procrastinate: a queue of jobs whose clients call its plpgsql functions, with their own rights."""

import pytest

from components import EnvironmentArgs

from ..tools.installed import from_pypi
from .conftest import Migrated

pytestmark = pytest.mark.systems

APP = """
import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector())


@app.task(name="add", queue="sums")
def add(a, b):
    print("the sum is", a + b)
"""

DECLARATION: EnvironmentArgs = {
    "roles": [
        {"name": "owner", "owns": ["queue"]},
        {
            "name": "deferrer",
            "grants": [
                {"schema": "queue", "functions": ["procrastinate_defer_jobs_v1"], "privileges": ["EXECUTE"]},
                {"schema": "queue", "tables": ["procrastinate_jobs"], "privileges": ["SELECT", "INSERT"]},
                # A trigger, which runs with the rights of who inserts, notes each change here.
                {"schema": "queue", "tables": ["procrastinate_events"], "privileges": ["INSERT"]},
            ],
        },
        {
            "name": "worker",
            "grants": [
                {
                    "schema": "queue",
                    "functions": [
                        "procrastinate_register_worker_v1",
                        "procrastinate_unregister_worker_v1",
                        "procrastinate_update_heartbeat_v1",
                        "procrastinate_prune_stalled_workers_v1",
                        "procrastinate_fetch_job_v2",
                        "procrastinate_finish_job_v1",
                    ],
                    "privileges": ["EXECUTE"],
                },
                {"schema": "queue", "tables": ["procrastinate_jobs"], "privileges": ["SELECT", "UPDATE"]},
                {"schema": "queue", "tables": ["procrastinate_events"], "privileges": ["INSERT"]},
                {
                    "schema": "queue",
                    "tables": ["procrastinate_workers"],
                    "privileges": ["SELECT", "INSERT", "UPDATE", "DELETE"],
                },
            ],
        },
    ],
    "revoked_from_public": ["EXECUTE ON ROUTINES"],
}


def test_a_job_is_deferred_by_one_role_and_done_by_another(migrated: Migrated) -> None:
    python = str(from_pypi("procrastinate==3.10.0", "psycopg[binary]==3.3.9"))
    tool = [python, "-m", "procrastinate", "--app", "jobs.app"]
    system = migrated(DECLARATION, {"jobs.py": APP}, [*tool, "schema", "--apply"])
    with system.databases.clone(system.template) as clone:
        system.use(clone, "deferrer", [*tool, "defer", "add", '{"a": 2, "b": 3}'])
        assert "the sum is 5" in system.use(clone, "worker", [*tool, "worker", "--one-shot"])
        assert system.ask(clone, "worker", "SELECT status::text FROM procrastinate_jobs") == [("succeeded",)]
        assert system.refused() == []
        with pytest.raises(AssertionError, match="permission denied for function procrastinate_prune_stalled_workers"):
            system.use(clone, "deferrer", [*tool, "worker", "--one-shot"])
        assert "permission denied for function procrastinate_prune_stalled_workers_v1" in system.refused()
    found = system.audit()
    assert found.lines() == []
    assert found.unused == ()
