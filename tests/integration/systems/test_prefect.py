"""Prefect: a hundred revisions of Alembic's, with an extension and indexes made concurrently, run by asyncpg."""

import pytest

from components import EnvironmentArgs

from ..tools.installed import from_pypi
from .conftest import Migrated

pytestmark = pytest.mark.systems

DECLARATION: EnvironmentArgs = {
    "roles": [
        # The extension pg_trgm is a trusted one, so that CREATE on the database is enough to make it.
        {"name": "owner", "owns": ["flows"], "database": ["CREATE"]},
        {
            "name": "server",
            "grants": [{"schema": "flows", "tables": ["flow"], "privileges": ["SELECT", "INSERT"]}],
        },
    ],
}

WRITE = """
import asyncio

from prefect.server import models, schemas
from prefect.server.database import provide_database_interface


async def write():
    async with provide_database_interface().session_context(begin_transaction=True) as session:
        flow = await models.flows.create_flow(session=session, flow=schemas.core.Flow(name="nightly"))
        print("made", flow.name)


asyncio.run(write())
"""

VARIABLES = {
    # What the URL leaves out, asyncpg takes from PGHOST and the others.
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://",
    "PREFECT_HOME": ".prefect",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


def test_a_flow_is_made_by_the_server_role(migrated: Migrated) -> None:
    python = str(from_pypi("prefect==3.9.1"))
    upgrade = [python, "-m", "prefect", "server", "database", "upgrade", "--yes"]
    system = migrated(DECLARATION, {"write.py": WRITE}, upgrade, **VARIABLES)
    with system.databases.clone(system.template) as clone:
        assert "made nightly" in system.use(clone, "server", [python, "write.py"], **VARIABLES)
        assert system.refused() == []
    found = system.audit()
    assert found.lines() == []
    assert found.unused == ()
