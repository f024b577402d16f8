"""A broker in memory, and who asks it for leases."""

import pytest

from leasehold import LeaseIssuer, Outputs
from leasehold.leases.memory import MemoryBroker
from tests.unit.leasehold.test_outputs import GOOD


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker(Outputs.parse(GOOD))


@pytest.fixture
def issuer(broker: MemoryBroker, state: object) -> LeaseIssuer:
    return LeaseIssuer(broker._outputs, broker)
