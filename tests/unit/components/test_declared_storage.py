"""How much room a run has: what is declared, and what the engine's memory makes of the rest."""

from typing import Any

import pytest

from components.declared.errors import DeclarationError
from components.declared.storage import (
    FALLBACK_SHARED_MEMORY,
    FALLBACK_STORAGE,
    MOST_SHARED_MEMORY,
    MOST_STORAGE,
    Storage,
    check_storage,
)

GIB = 1024


@pytest.mark.parametrize(
    ("memory", "storage", "shared_memory"),
    [
        (None, FALLBACK_STORAGE, FALLBACK_SHARED_MEMORY),
        (2 * GIB, FALLBACK_STORAGE, FALLBACK_SHARED_MEMORY),
        (8 * GIB, 2 * GIB, GIB // 2),
        (512 * GIB, MOST_STORAGE, MOST_SHARED_MEMORY),
    ],
)
def test_defaults_come_from_the_engines_memory(memory: int | None, storage: int, shared_memory: int) -> None:
    assert check_storage(engine_memory=lambda: memory) == Storage(storage, shared_memory, derived=True)


def never_asked() -> int | None:
    raise AssertionError("the engine was asked for its memory")


def test_what_is_declared_stands_and_the_engine_is_not_asked() -> None:
    assert check_storage({"size": 4000}, 64, never_asked) == Storage(4000, 64, derived=False)
    assert check_storage({"kind": "volume"}, 64, never_asked) == Storage(None, 64, derived=False)
    assert check_storage({"kind": "volume", "reflink": True}, 64, never_asked).reflink


def test_one_of_both_is_derived() -> None:
    assert check_storage({"size": 4000}, None, lambda: 8 * GIB) == Storage(4000, GIB // 2, derived=True)


@pytest.mark.parametrize(
    ("declared", "shm_size", "message"),
    [
        ({"size": 0}, None, "a size of 0; it is a whole number of MiB, at least 128"),
        ({"size": True}, None, "a size of True"),
        ({"size": "4g"}, None, "a size of '4g'"),
        ({"kind": "disk"}, None, "of kind 'disk'; it can be memory or volume"),
        ({"kind": "volume", "size": 4000}, None, "no limit but the engine's disk"),
        ({"reflink": True}, None, "`reflink` True; .* no reflinks in memory"),
        ({"kind": "memory", "reflink": True}, None, "no reflinks in memory"),
        ({"kind": "volume", "reflink": "yes"}, None, "`reflink` 'yes'; it is True or False"),
        ({"sise": 4000}, None, "unknown field 'sise'"),
        (4000, None, "the value 4000"),
        ({}, 1, "`shm_size`.* a size of 1;"),
    ],
)
def test_a_bad_declaration(declared: Any, shm_size: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        check_storage(declared, shm_size)
