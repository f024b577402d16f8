import certifi
import pytest
from pydantic import SecretStr

from leasehold import Lease
from leasehold.pulumi.programs import Source
from leasehold.pulumi.stack_id import StackId
from leasehold.runs.lookup import stack_of


@pytest.fixture
def lease() -> Lease:
    return Lease(
        role="reader",
        id="database/creds/reader/x",
        term=600,
        host="127.0.0.1",
        port=5432,
        database="t_1",
        user="reader_x",
        password=SecretStr("pa:ss\\word"),
        authority_file=certifi.where(),
    )


def stack(name: str) -> StackId:
    """Return the stack that a function's run of this name has in the user's own backend."""
    return stack_of(name, Source())
