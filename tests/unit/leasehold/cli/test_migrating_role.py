"""As which role `leasehold migrate` works where none is named."""

from typing import Any

import pytest

from leasehold import UnknownRoleError
from leasehold.cli.work import migrating_role
from leasehold.outputs import Outputs

from ..test_outputs import DECLARED, with_


def outputs(**roles: dict[str, Any]) -> Outputs:
    leased = {"credentials_path": "x", "logins": {}, **DECLARED}
    return Outputs.parse(with_("roles", {name: {**leased, **declared} for name, declared in roles.items()}))


def test_one_that_is_called_migrator() -> None:
    assert migrating_role(outputs(migrator={}, owner={"owns": ["shop"]})) == "migrator"


def test_without_one_those_that_own_something_are_named() -> None:
    declared = outputs(
        owner={"owns": ["shop"]},
        boss={"database": ["CREATE"]},
        reader={},
        group={"owns": ["other"], "credentials_path": "", "login": "none"},
    )
    with pytest.raises(UnknownRoleError) as caught:
        migrating_role(declared)
    assert str(caught.value) == (
        "Run 'demo' declares no role 'migrator', as which `leasehold migrate` works where `--role` names no other. "
        "Roles that own a schema or may make one: boss, owner. Name one, as `--role boss`."
    )


def test_without_any_that_owns_something_all_are_named() -> None:
    with pytest.raises(UnknownRoleError, match=r"No role of its owns a schema or may make one; it declares reader\."):
        migrating_role(outputs(reader={}))
