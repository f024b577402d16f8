from dataclasses import replace
from types import SimpleNamespace

import pulumi
import pytest

from components.declared import run as declared
from components.declared.errors import DeclarationError
from components.declared.run import check_run_name, declare_run
from leasehold.contract import MAX_NAME_LENGTH, MAX_TERM


@pytest.mark.parametrize("name", ["a", "7", "demo", "t-1", "a" * MAX_NAME_LENGTH])
def test_a_good_name(name: str) -> None:
    assert check_run_name(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "has no name"),
        ("a" * (MAX_NAME_LENGTH + 1), "has 41 characters"),
        *(
            (name, "cannot be used")
            for name in ("A", "my_run", "a b", "-a", "a-", "a.b", "ä", "a\n", "'; DROP TABLE x")
        ),
    ],
)
def test_a_bad_name(name: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        check_run_name(name)


@pytest.mark.parametrize("term", [0, -1, MAX_TERM + 1])
def test_a_bad_term(term: int) -> None:
    with pytest.raises(DeclarationError, match=f"is {term} s"):
        declare_run("demo", term)


def test_the_stacks_term_comes_before_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "time", SimpleNamespace(time=lambda: 1_000.9))
    pulumi.runtime.set_all_config({"leasehold:term": "7200"})
    try:
        assert declare_run("demo", 60).expires == 8_200
        pulumi.runtime.set_all_config({"leasehold:term": "0"})
        with pytest.raises(DeclarationError, match="is 0 s"):
            declare_run("demo", 60)
    finally:
        pulumi.runtime.set_all_config({})


def test_every_resource_is_named_and_labelled_after_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "time", SimpleNamespace(time=lambda: 1_000.9))
    run = declare_run("demo", 60, "ada@host")
    assert run.resource("gateway") == "leasehold-demo-gateway"
    assert run.expires == 1_060
    assert run.labels == {
        "dev.leasehold.run": "demo",
        "dev.leasehold.owner": "ada@host",
        "dev.leasehold.expires": str(run.expires),
    }


def test_what_is_made_on_a_name_lock_carries_its_id() -> None:
    assert replace(declare_run("demo"), name_lock="1234").labels["dev.leasehold.claim"] == "1234"


def test_the_longest_name_still_fits_a_dns_label() -> None:
    assert len(declare_run("a" * MAX_NAME_LENGTH).resource("database")) <= 63
