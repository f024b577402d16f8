"""A lease that is kept alive while something works with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import BrokerError
from .issuer import Lease, LeaseIssuer


def keep_alive(issuer: LeaseIssuer, lease: Lease, ended: threading.Event) -> None:
    """Renew a lease whenever half of its term is over, as long as that gains something: it ends at its `max_term`."""
    pause = lease.term / 2
    while not ended.wait(pause):
        try:
            pause = issuer.renew(lease) / 2
        except BrokerError:
            return  # who works with it meets the end of its lease as it would in production
        if pause <= lease.term / 4:
            return  # it has reached its longest term


@contextmanager
def kept_alive(issuer: LeaseIssuer, lease: Lease) -> Iterator[None]:
    """Keep a lease alive for the length of a block, up to its role's longest term."""
    ended = threading.Event()
    renewal = threading.Thread(target=keep_alive, args=(issuer, lease, ended), daemon=True)
    renewal.start()
    try:
        yield
    finally:
        ended.set()
        renewal.join()
