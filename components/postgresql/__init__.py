"""The database: its server, its configuration, and roles and grants as SQL."""
