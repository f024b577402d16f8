"""The shop with statements that its superuser should never have run."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from psycopg.sql import SQL, Composable

from components.declared.validation import Role
from components.postgresql import bootstrap, database
from stacks import shop

declared = bootstrap._database


def mutated(roles: Iterable[Role]) -> Iterator[Composable]:
    yield from declared(roles)
    yield from (SQL(statement) for statement in filter(None, os.environ.get("LEASEHOLD_TEST_MUTANTS", "").split(";")))


bootstrap._database = mutated
if "LEASEHOLD_TEST_HBA" in os.environ:
    database.hba_file = lambda: os.environ["LEASEHOLD_TEST_HBA"]  # type: ignore[attr-defined]
shop.declare()
