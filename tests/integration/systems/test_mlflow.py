"""MLflow: its own Alembic history, made from nothing by its command, and a tracking client on the database itself."""

import json
from typing import Any

import pytest

from components import EnvironmentArgs
from components.declared.roles import RoleArgs
from leasehold.proofs.audit import Audit

from ..tools.installed import from_pypi
from .conftest import Migrated

pytestmark = pytest.mark.systems

CLIENT: RoleArgs = {
    "name": "client",
    "grants": [
        {"schema": "ml", "tables": ["*"], "privileges": ["SELECT", "INSERT", "UPDATE", "DELETE"]},
        {"schema": "ml", "sequences": ["*"], "privileges": ["USAGE"]},
    ],
}

TRACK = """
import os

import mlflow

mlflow.set_tracking_uri(os.environ["TRACKING_URL"])
mlflow.set_experiment("tides")
with mlflow.start_run():
    mlflow.log_param("depth", 3)
    mlflow.log_metric("error", 0.5)
print("runs found:", len(mlflow.search_runs(experiment_names=["tides"])))
"""

VARIABLES = {
    "TRACKING_URL": "postgresql+psycopg://{user}@{host}:{port}/{database}"
    "?sslmode=verify-full&sslrootcert={authority_file}&passfile={passfile}",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def test_a_run_is_tracked_with_what_the_audit_suggests(migrated: Migrated) -> None:
    python = str(from_pypi("mlflow==3.17.2", "psycopg[binary]==3.3.9"))

    def tracked(client: Any) -> Audit:
        declaration: EnvironmentArgs = {"roles": [{"name": "owner", "owns": ["ml"]}, client]}
        upgrade = ["sh", "-c", f'exec {python} -m mlflow db upgrade "$TRACKING_URL"']
        system = migrated(declaration, {"track.py": TRACK}, upgrade, **VARIABLES)
        with system.databases.clone(system.template) as clone:
            assert "runs found: 1" in system.use(clone, "client", [python, "track.py"], **VARIABLES)
            assert system.refused() == []
        return system.audit()

    found = tracked(CLIENT)
    assert found.lines() == []
    [enough] = map(json.loads, found.unused)  # what the audit suggests is enough, and nothing is left to suggest
    again = tracked(enough)
    assert (again.lines(), again.unused) == ([], ())
