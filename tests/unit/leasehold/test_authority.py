"""Which certificates of an authority stand, and where a rotation of it begins."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from components.certificates.authority import Authority, authority_certificate
from leasehold import Outputs
from leasehold.leases.authority import authority_file, recency
from leasehold.runs.authority_rotation import first_step

from .test_outputs import GOOD

FIRST, SECOND, THIRD = (
    authority_certificate(Authority(f"seed {number}", "demo", 1_000_000 + number, 2_000_000)) for number in range(3)
)
STEPS = [FIRST, FIRST + SECOND, SECOND, SECOND + THIRD, THIRD]


def outputs(certificate: str, file: Path) -> Outputs:
    return Outputs.parse({**GOOD, "tls": {"certificate": certificate, "file": str(file)}})


def test_each_step_of_a_rotation_is_later_than_the_one_before() -> None:
    assert sorted(STEPS, key=recency) == STEPS


@pytest.mark.parametrize(
    ("held", "known"),
    [
        *pairwise(STEPS),
        *pairwise(reversed(STEPS)),
        (FIRST, FIRST),
        (FIRST, THIRD),
        (THIRD, FIRST),
    ],
)
def test_the_later_certificates_stand(state: Path, held: str, known: str) -> None:
    """Whether a process has read the outputs before a rotation or after it."""
    file = state / "demo.crt"
    file.parent.mkdir(parents=True)
    file.write_text(held)
    assert Path(authority_file(outputs(known, file))).read_text() == max(held, known, key=recency)


@pytest.mark.parametrize("held", ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_a_file_that_holds_no_certificate_does_not_stand(state: Path, held: str) -> None:
    file = state / "authorities" / "demo.1234.crt"
    file.parent.mkdir(parents=True)
    file.write_text(held)
    assert authority_file(outputs(FIRST, file)) == str(file)
    assert file.read_text() == FIRST


def test_without_a_file_there_is_one(state: Path) -> None:
    assert Path(authority_file(outputs(FIRST, state / "elsewhere.crt"))).read_text() == FIRST


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        ({}, (2, 1)),
        ({"leasehold:authority": "2", "leasehold:trusted": "2"}, (3, 2)),
        ({"leasehold:authority": "2"}, (3, 2)),
        ({"leasehold:authority": "2", "leasehold:trusted": "1"}, (2, 1)),
        ({"leasehold:term": "60"}, (2, 1)),
    ],
)
def test_a_rotation_that_was_cut_short_is_gone_on_with(settings: Mapping[str, str], step: tuple[int, int]) -> None:
    assert first_step(settings) == step
