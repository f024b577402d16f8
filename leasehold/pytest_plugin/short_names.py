"""Short names of the fixtures, for suites that want them: ``leasehold_short_names = true`` in pytest's settings.

A project's own fixture of such a name takes its place, as with any plugin. The prefixed fixtures are never replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from .fixtures import database_scope

if TYPE_CHECKING:
    import hvac

    from .fixtures import Connect, Drills, MakeUrl, TakeLease


@pytest.fixture(scope=database_scope)
def database(leasehold_database: str) -> str:
    """The name of a fresh database: `leasehold_database`."""
    return leasehold_database


@pytest.fixture
def lease(leasehold_lease: TakeLease) -> TakeLease:
    """Take a new lease of a role: `leasehold_lease`."""
    return leasehold_lease


@pytest.fixture
def connect(leasehold_connect: Connect) -> Connect:
    """Connect as a new lease of a role: `leasehold_connect`."""
    return leasehold_connect


@pytest.fixture
def url(leasehold_url: MakeUrl) -> MakeUrl:
    """Name a new lease of a role in a URL: `leasehold_url`."""
    return leasehold_url


@pytest.fixture
def broker(leasehold_broker: Callable[[str], hvac.Client]) -> Callable[[str], hvac.Client]:
    """Log in to the broker as a role: `leasehold_broker`."""
    return leasehold_broker


@pytest.fixture
def rotation(leasehold_rotation: Drills) -> Drills:
    """Rotate credentials inside a test: `leasehold_rotation`."""
    return leasehold_rotation
