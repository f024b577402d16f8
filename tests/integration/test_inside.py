"""An application under test inside the run's network: it meets the declared openings, and leaves nothing."""

import pytest

from leasehold.engine import take_inventory

from .support import PARTS, Live, image_of, leasehold

SCRIPT = """
stat -c %a $PGPASSFILE; echo $PGHOST $PGPORT $PGSSLMODE; ls $PGSSLROOTCERT
socat -u OPEN:/dev/null TCP:database:5432,connect-timeout=2 && echo reached
echo said >&2; exit 7
"""


def inside(live: Live, *words: str, image: str | None = None) -> list[str]:
    start = ["exec", live.run.name, "--role", "reader", "--inside"]
    return [*start, "--image", image or image_of("probe"), "--", *words]


def test_an_app_inside_meets_the_database_as_a_lease(live: Live) -> None:
    done = leasehold(*inside(live, "sh", "-c", SCRIPT))
    expected = ["600", "database", "5432", "verify-full", "/leasehold/authority.crt", "reached"]
    assert done.stdout.split() == expected, done
    assert (done.stderr, done.returncode) == ("said\n", 7)
    assert len(take_inventory(live.run.name).containers) == len(PARTS)


def test_an_app_inside_looks_no_outside_name_up(live: Live) -> None:
    assert leasehold(*inside(live, "timeout", "5", "nslookup", "example.org")).returncode != 0


@pytest.mark.parametrize(
    ("how", "reached"),
    [
        ("broker:8200", True),
        ("leasehold-{run}-broker:8200", False),  # a name of Docker's that stands in no certificate
        ("broker:8200,openssl-max-proto-version=TLS1.2", False),
    ],
)
def test_an_app_inside_verifies_the_broker_by_its_name(live: Live, how: str, reached: bool) -> None:
    target = f"OPENSSL:{how.format(run=live.run.name)},cafile=/leasehold/authority.crt"
    done = leasehold(*inside(live, "socat", "-u", "OPEN:/dev/null", target))
    assert (done.returncode == 0) == reached, done.stderr


def test_a_missing_image(live: Live) -> None:
    done = leasehold(*inside(live, "true", image="leasehold/no-such:0"))
    assert done.returncode == 8
    assert "There is no image 'leasehold/no-such:0'" in done.stderr


def test_inside_needs_an_image(live: Live) -> None:
    assert leasehold("exec", live.run.name, "--role", "reader", "--inside", "--", "true").returncode == 2
