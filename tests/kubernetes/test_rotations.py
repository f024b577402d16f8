"""The same drills as on Docker, from the same source."""

import pytest

from tests.integration.test_rotation import (
    drilled,
    lease,
    test_a_drill_is_named,
    test_a_planned_rotation_ends_the_old_leases_only,
    test_an_emergency_ends_all_leases_of_the_role_and_no_others,
    test_nobody_knows_the_admins_password_from_the_start,
    test_the_admins_password_is_rotated_again,
    test_the_operator_reads_no_credentials,
    test_what_an_owner_granted_to_a_lease_keeps_nobody_in,
)

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]
__all__ = [
    "drilled",
    "lease",
    "test_a_drill_is_named",
    "test_a_planned_rotation_ends_the_old_leases_only",
    "test_an_emergency_ends_all_leases_of_the_role_and_no_others",
    "test_nobody_knows_the_admins_password_from_the_start",
    "test_the_admins_password_is_rotated_again",
    "test_the_operator_reads_no_credentials",
    "test_what_an_owner_granted_to_a_lease_keeps_nobody_in",
]
