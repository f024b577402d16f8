"""Prefect: a hundred revisions of Alembic's, with an extension and indexes made concurrently, run by asyncpg."""

from typing import Any

import pytest

from components import EnvironmentArgs
from components.declared.roles import RoleArgs
from leasehold.proofs.audit import Audit

from ..tools.installed import from_pypi
from .conftest import Migrated
from .system import check_suggestion

pytestmark = pytest.mark.systems

SERVER: RoleArgs = {
    "name": "server",
    "grants": [{"schema": "flows", "tables": ["*"], "privileges": ["SELECT", "INSERT", "UPDATE", "DELETE"]}],
}

# Its own API, asked without a socket.
ASK = """
import asyncio

import httpx
from prefect.server.api.server import create_app


async def ask():
    transport = httpx.ASGITransport(app=create_app(ephemeral=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://server/api") as api:
        async def post(path, **said):
            answer = await api.post(path, json=said)
            answer.raise_for_status()
            return answer.json()

        flow = await post("/flows/", name="nightly", tags=["report"])
        run = await post("/flow_runs/", flow_id=flow["id"], state={"type": "PENDING"})
        for state in ("RUNNING", "COMPLETED"):
            await post(f"/flow_runs/{run['id']}/set_state", state={"type": state})
        await post("/variables/", name="colour", value="blue")
        found = await post("/flow_runs/filter", flows={"name": {"like_": "night"}})
        print("ended as", [one["state"]["type"] for one in found])


asyncio.run(ask())
"""

VARIABLES = {
    # What the URL leaves out, asyncpg takes from PGHOST and the others.
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://",
    "PREFECT_HOME": ".prefect",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


def test_a_flow_runs_by_way_of_the_servers_api(migrated: Migrated) -> None:
    python = str(from_pypi("prefect==3.9.1"))

    def asked(server: Any) -> Audit:
        # The extension pg_trgm is a trusted one, so that CREATE on the database is enough to make it.
        owner: RoleArgs = {"name": "owner", "owns": ["flows"], "database": ["CREATE"]}
        declaration: EnvironmentArgs = {"roles": [owner, server]}
        upgrade = [python, "-m", "prefect", "server", "database", "upgrade", "--yes"]
        system = migrated(declaration, {"ask.py": ASK}, upgrade, **VARIABLES)
        with system.databases.clone(system.template) as clone:
            assert "ended as ['COMPLETED']" in system.use(clone, "server", [python, "ask.py"], **VARIABLES)
            assert system.refused() == []
        return system.audit()

    check_suggestion(asked, SERVER)
