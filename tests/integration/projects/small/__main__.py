"""A run with little room, so that tests fill it."""

import sys
from pathlib import Path

import pulumi

sys.path.insert(0, str(Path(__file__).parents[4]))

from components import Environment

environment = Environment(
    "small",
    {
        "roles": [
            {"name": "migrator", "owns": ["shop"]},
            {
                "name": "writer",
                "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT", "INSERT"]}],
            },
        ],
        "storage": {"size": 384},
        "shm_size": 64,
        "settings": {"work_mem": "256MB", "max_parallel_workers_per_gather": 2},
    },
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
