"""Small subnets for runs' networks, which overlap with nothing that is there."""

from ipaddress import IPv4Network

import pytest

from components.declared.errors import DeclarationError
from components.engines.docker.subnets import DEFAULT_RANGE, PREFIX, VARIABLE, declared_range, free_subnets, parse_route

WITHIN = IPv4Network("10.213.0.0/24")


def test_a_thousand_runs_fit_and_none_overlaps() -> None:
    taken: list[IPv4Network] = []
    for _ in range(1000):
        chosen = free_subnets(IPv4Network(DEFAULT_RANGE), taken, 2)
        assert len(chosen) == 2
        taken += chosen
    assert len(set(taken)) == 2000
    assert {one.prefixlen for one in taken} == {PREFIX}
    assert not any(one.overlaps(other) for one, other in zip(sorted(taken), sorted(taken)[1:], strict=False))


def test_what_is_taken_is_left_out() -> None:
    taken = [IPv4Network("10.213.0.0/25"), IPv4Network("10.213.0.192/26"), IPv4Network("172.17.0.0/16")]
    chosen = free_subnets(WITHIN, taken, 2)
    assert set(chosen) == {IPv4Network("10.213.0.128/27"), IPv4Network("10.213.0.160/27")}


@pytest.mark.parametrize("taken", ["10.0.0.0/8", "10.213.0.0/24", "0.0.0.0/0"])
def test_a_range_that_is_used_up_leaves_the_choice_to_the_engine(taken: str) -> None:
    assert free_subnets(WITHIN, [IPv4Network(taken)], 2) == []


def test_two_that_choose_at_once_choose_differently() -> None:
    chosen = [tuple(free_subnets(IPv4Network(DEFAULT_RANGE), [], 2)) for _ in range(20)]
    assert len(set(chosen)) > 10


def test_a_line_of_the_hosts_routes() -> None:
    line = "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0"
    assert list(parse_route(line.split())) == [IPv4Network("172.17.0.0/16")]
    default = "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0"
    assert list(parse_route(default.split())) == []
    assert list(parse_route(["no", "route"])) == []


@pytest.mark.parametrize("named", ["10.0.0.0/27", "10.0.0.1/8", "a range", "fd00::/64"])
def test_a_range_that_is_none(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv(VARIABLE, named)
    with pytest.raises(DeclarationError, match="LEASEHOLD_SUBNETS is"):
        declared_range()
