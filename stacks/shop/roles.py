"""Who may do what in the shop."""

from components import RoleArgs

ROLES: list[RoleArgs] = [
    {"name": "migrator", "owns": ["shop"], "connection_limit": 4},
    {
        "name": "reader",
        "grants": [{"schema": "shop", "tables": ["customers", "orders"], "privileges": ["SELECT"]}],
    },
    {
        "name": "writer",
        "grants": [
            {"schema": "shop", "tables": ["customers"], "privileges": ["SELECT"]},
            {"schema": "shop", "tables": ["orders"], "privileges": ["SELECT", "INSERT", "UPDATE"]},
        ],
    },
    {
        "name": "auditor",
        "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT"]}],
        "connection_limit": 2,
        "term": 300,
        "max_term": 900,
    },
]
"""`auditor` alone may read `payroll`: its grant covers every table, also those made later."""
