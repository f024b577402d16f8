"""Images of a run's servers: declared, named by the environment, or the public ones."""

import os
from typing import NotRequired, TypedDict

OLDEST, NEWEST = 16, 18
"""Major versions of PostgreSQL that a run's database may have. A newer one is taken for the newest."""


class ImageArgs(TypedDict):
    """Images that take the place of the public ones.

    ``LEASEHOLD_IMAGE_DATABASE``, ``_BROKER`` and ``_GATEWAY`` name them where the declaration does not: for machines
    that cannot pull.
    """

    database: NotRequired[str]
    """PostgreSQL 16, 17 or 18, by default ``postgres:18``. The server's own version decides what it is given."""
    broker: NotRequired[str]
    """OpenBao 2.7, by default ``openbao/openbao:2.7.2``."""
    gateway: NotRequired[str]
    """HAProxy, by default ``haproxy:3.2``."""


def image_of(server: str, declared: str | None, public: str) -> str:
    """Return a server's image: the declared one, the one that the environment names, or the public one."""
    return declared or os.environ.get(f"LEASEHOLD_IMAGE_{server.upper()}") or public
