"""Wagtail: Django's migrations, and a site whose role may change rows and no tables."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from components import EnvironmentArgs
from components.declared.roles import RoleArgs
from leasehold.proofs.audit import Audit

from ..tools.installed import from_pypi
from .conftest import Migrated
from .system import check_suggestion

pytestmark = pytest.mark.systems

APP: RoleArgs = {
    "name": "app",
    "grants": [
        {"schema": "museum", "tables": ["*"], "privileges": ["SELECT", "INSERT", "UPDATE", "DELETE"]},
        {"schema": "museum", "sequences": ["*"], "privileges": ["USAGE"]},
    ],
}

FILES = {
    # Where Wagtail's own template of a project looks for a machine's settings.
    "museum/settings/local.py": """
import os

DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"]}}
""",
    "visit.py": """
from django.contrib.auth import get_user_model
from django.test import Client

WORD = "for this clone alone"
get_user_model().objects.create_superuser("editor", "editor@example.org", WORD)
client = Client(headers={"host": "localhost"})
print("start page", client.get("/").status_code)
print("pages of a stranger", client.get("/admin/pages/").status_code)
client.login(username="editor", password=WORD)
print("pages of the editor", client.get("/admin/pages/", follow=True).status_code)
""",
}


def test_the_start_page_is_served_and_the_editor_works(migrated: Migrated, tmp_path: Path) -> None:
    python = str(from_pypi("wagtail==8.0.1", "psycopg[binary]==3.3.9"))
    start = [python, "-m", "wagtail.bin.wagtail", "start", "museum", str(tmp_path)]
    subprocess.run(start, cwd=tmp_path, check=True, capture_output=True)

    def visited(app: Any) -> Audit:
        declaration: EnvironmentArgs = {"roles": [{"name": "owner", "owns": ["museum"]}, app]}
        system = migrated(declaration, FILES, [python, "manage.py", "migrate", "--no-input"])
        with system.databases.clone(system.template) as clone:
            said = system.use(clone, "app", ["sh", "-c", f"exec {python} manage.py shell < visit.py"])
        assert "start page 200" in said
        assert "pages of a stranger 302" in said
        assert "pages of the editor 200" in said
        assert system.refused() == []
        return system.audit()

    check_suggestion(visited, APP)
