"""Databases: templates, clones, migrations, drivers, and what a statement needs."""
