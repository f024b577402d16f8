"""River: a Go program by pgx; jobs are sent by a lease, and done by a static login."""

import json
from pathlib import Path
from typing import Any

import pytest

from components import EnvironmentArgs
from components.declared.roles import RoleArgs
from leasehold.proofs.audit import Audit

from ..tools.installed import built_with_go
from .conftest import Migrated

pytestmark = pytest.mark.systems

SOURCE = Path(__file__).with_name("river.go").read_text()
MODULES = (
    "github.com/jackc/pgx/v5@v5.12.0",
    "github.com/riverqueue/river@v0.51.2",
    "github.com/riverqueue/river/riverdriver/riverpgxv5@v0.51.2",
)
ALL = ["SELECT", "INSERT", "UPDATE", "DELETE"]
WIDE: RoleArgs = {
    "name": "producer",
    "grants": [
        {"schema": "river", "tables": ["*"], "privileges": ALL},
        {"schema": "river", "sequences": ["*"], "privileges": ["USAGE"]},
    ],
}

# It leads the workers: a moment after its start it also deletes what is old, unless it is done sooner.
WORKER: RoleArgs = {
    "name": "worker",
    "login": "static",
    "grants": [
        {"schema": "river", "tables": ["river_job"], "privileges": ["SELECT", "UPDATE", "DELETE"]},
        {"schema": "river", "tables": ["river_leader", "river_queue"], "privileges": ALL},
    ],
}


def test_a_job_is_sent_by_a_lease_and_done_by_a_static_login(migrated: Migrated) -> None:
    program = str(built_with_go(SOURCE, *MODULES))

    def sent_and_done(producer: Any, worker: Any) -> Audit:
        roles = [{"name": "owner", "owns": ["river"]}, producer, worker]
        declaration: EnvironmentArgs = {"roles": roles}
        system = migrated(declaration, {}, [program, "migrate"])
        with system.databases.clone(system.template) as clone:
            system.use(clone, "producer", [program, "send"])
            assert "hello, world" in system.use(clone, "worker", [program, "work"])
            assert system.ask(clone, "worker", "SELECT state::text FROM river_job") == [("completed",)]
            assert system.refused() == []
        return system.audit()

    found = sent_and_done(WIDE, {**WIDE, "name": "worker", "login": "static"})
    assert found.lines() == []
    producer, worker = map(json.loads, found.unused)
    # It updates a job that is there already, so that RETURNING has it: no privilege of these is one too many.
    job = {"schema": "river", "tables": ["river_job"], "privileges": ["SELECT", "INSERT", "UPDATE"]}
    assert producer == {"name": "producer", "grants": [job, WIDE["grants"][1]]}
    assert _pairs(WORKER) - _pairs(worker) <= {("river_job", "DELETE"), ("river_queue", "DELETE")}
    assert _pairs(worker) <= _pairs(WORKER)
    again = sent_and_done(producer, WORKER)
    assert again.lines() == []
    assert not any('"name": "producer"' in line for line in again.unused)
    assert (again.untold, again.idle) == ((), ())


def _pairs(role: Any) -> set[tuple[str, str]]:
    """Return the tables of a role's grants, each with a privilege."""
    return {
        (table, one) for grant in role["grants"] for table in grant.get("tables", ()) for one in grant["privileges"]
    }
