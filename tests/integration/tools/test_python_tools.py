"""Alembic and Django."""

import pytest

from .conftest import Migrated
from .installed import from_pypi

pytestmark = pytest.mark.tools

ALEMBIC = {
    # What the URL leaves out, libpq takes from PGHOST and the others.
    "alembic.ini": "[alembic]\nscript_location = versions_of\nsqlalchemy.url = postgresql+psycopg://\n",
    "versions_of/env.py": """
from alembic import context
from sqlalchemy import create_engine

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
""",
    "versions_of/versions/1.py": """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "1", None


def upgrade():
    op.create_table("by_alembic", sa.Column("id", sa.Integer), sa.Column("name", sa.Text))
""",
}
DJANGO = {
    "manage.py": "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\n"
    "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
    # What the setting leaves out, libpq takes from PGHOST and the others.
    "settings.py": "import os\nINSTALLED_APPS = ['library']\n"
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE']}}\n",
    "library/__init__.py": "",
    "library/migrations/__init__.py": "",
    "library/migrations/0001_initial.py": """
from django.db import migrations, models


class Migration(migrations.Migration):
    columns = [("id", models.AutoField(primary_key=True)), ("title", models.TextField())]
    operations = [migrations.CreateModel("Book", columns)]
""",
}


def test_alembic(migrated: Migrated) -> None:
    python = from_pypi("alembic==1.20.1", "psycopg[binary]==3.3.9")
    assert migrated(ALEMBIC, [str(python), "-m", "alembic", "upgrade", "head"], "by_alembic") == ["id", "name"]


def test_django(migrated: Migrated) -> None:
    python = from_pypi("Django==5.2.19", "psycopg[binary]==3.3.9")
    words = [str(python), "manage.py", "migrate", "--no-input"]
    assert migrated(DJANGO, words, "library_book") == ["id", "title"]
