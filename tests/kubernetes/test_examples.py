"""The suites of `examples/suites` as on Docker: psycopg, SQLAlchemy, asyncpg, Django, and rotations under load."""

import pytest

from tests.integration.test_own_runs import test_the_examples_pass_side_by_side as side_by_side

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]


def test_the_examples_pass() -> None:
    side_by_side()
