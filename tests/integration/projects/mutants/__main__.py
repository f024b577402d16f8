"""The shop with statements that its superuser should never have run."""

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[4]))

from typing import Any

import pulumi_vault as vault
from psycopg.sql import SQL, Composable

from components.declared.validation import Role
from components.postgresql import bootstrap, database, lease_statements
from leasehold.contract import MAX_TERM
from stacks import shop

declared = bootstrap._database


def mutated(roles: Iterable[Role], revoked_from_public: Collection[str]) -> Iterator[Composable]:
    yield from declared(roles, revoked_from_public)
    yield from (SQL(statement) for statement in filter(None, os.environ.get("LEASEHOLD_TEST_MUTANTS", "").split(";")))


bootstrap._database = mutated
if "LEASEHOLD_TEST_HBA" in os.environ:
    database.hba_file = lambda *_: os.environ["LEASEHOLD_TEST_HBA"]  # type: ignore[attr-defined]


def longer(kind: Any, *terms: str) -> None:
    """Have resources of a kind be declared with longer terms."""
    init = kind.__init__

    def lengthened(self: Any, *words: Any, **settings: Any) -> None:
        init(self, *words, **{**settings, **dict.fromkeys(terms, MAX_TERM)})

    kind.__init__ = lengthened


if "LEASEHOLD_TEST_LONG_TERMS" in os.environ:
    longer(vault.database.SecretBackendRole, "max_ttl")
    longer(vault.approle.AuthBackendRole, "token_max_ttl", "token_explicit_max_ttl")
    lease_statements._not_after = lambda expires: SQL("SELECT 1")
shop.declare()
