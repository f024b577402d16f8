import pytest

from components.declared.errors import DeclarationError
from components.declared.run import check_run_name
from leasehold import RunError
from leasehold.runs import names


@pytest.mark.parametrize("name", ["a", "a-b", "0", "x" * 40])
def test_runs_and_components_accept_a_name(name: str) -> None:
    assert names.check(name) == check_run_name(name) == name


@pytest.mark.parametrize("name", ["x" * 41, "", "-a", "a-", "A", "a_b", "ä", "a\n", "a b", "../x"])
def test_runs_and_components_refuse_a_name(name: str) -> None:
    with pytest.raises(RunError, match="cannot be a run's name: names have 1 to 40 characters"):
        names.check(name)
    with pytest.raises(DeclarationError):
        check_run_name(name)


def test_invented_names_can_be_used_and_differ() -> None:
    assert len({names.check(names.invent()) for _ in range(200)}) == 200
