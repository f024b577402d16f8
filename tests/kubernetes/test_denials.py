"""The same sessions as on Docker, from the same source: a hundred denials are told once each, of the right test."""

import pytest

from tests.integration.test_seeded import folder, test_each_denial_is_told_once_of_the_right_test

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]
__all__ = ["folder", "test_each_denial_is_told_once_of_the_right_test"]
