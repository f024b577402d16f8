"""An application under test inside the run's network: it meets the declared openings, and leaves nothing."""

import secrets

import pytest

from leasehold.engines.labelled import take_inventory

from .support import LOOK_UP, PARTS, Live, image_of, leasehold

SCRIPT = """
stat -c %a $PGPASSFILE; echo $PGHOST $PGPORT $PGSSLMODE; ls $PGSSLROOTCERT
until socat -u OPEN:/dev/null TCP:database:5432,connect-timeout=5 2>/dev/null; do sleep 0.1; done; echo reached
echo said >&2; exit 7
"""


def inside(quiet: Live, *words: str, image: str | None = None) -> list[str]:
    start = ["exec", quiet.run.name, "--role", "reader", "--inside"]
    return [*start, "--image", image or image_of("probe"), "--", *words]


def test_an_app_inside_meets_the_database_as_a_lease(quiet: Live) -> None:
    done = leasehold(*inside(quiet, "sh", "-c", SCRIPT))
    expected = ["600", "database", "5432", "verify-full", "/leasehold/authority.crt", "reached"]
    assert done.stdout.split() == expected, done
    assert (done.stderr, done.returncode) == ("said\n", 7)
    assert len(take_inventory(quiet.run.name).servers) == len(PARTS)


def test_an_app_inside_finds_the_urls_that_it_is_given(quiet: Live) -> None:
    words = inside(quiet, "sh", "-c", "echo $SOME; echo $DATABASE_URL")
    done = leasehold(*words[:4], "--env", "SOME=x://{host}/{passfile}", *words[4:])
    some, url = done.stdout.split()
    assert some == "x://database/%2Fleasehold%2Fpgpass"
    assert url.startswith("postgresql://reader_")
    assert "@database:5432/" in url


def test_an_app_inside_looks_no_outside_name_up(quiet: Live) -> None:
    word = secrets.token_hex(4)
    done = leasehold(*inside(quiet, "sh", "-c", LOOK_UP.format(word=word, other="database")))
    assert (done.returncode, done.stdout.split()) == (0, ["heard", "refused"]), done


@pytest.mark.parametrize(
    ("how", "reached"),
    [
        ("broker:8200", True),
        ("leasehold-{run}-broker:8200", False),  # a name of Docker's that stands in no certificate
        ("broker:8200,openssl-max-proto-version=TLS1.2", False),
    ],
)
def test_an_app_inside_verifies_the_broker_by_its_name(quiet: Live, how: str, reached: bool) -> None:
    target = f"OPENSSL:{how.format(run=quiet.run.name)},cafile=/leasehold/authority.crt"
    done = leasehold(*inside(quiet, "socat", "-u", "OPEN:/dev/null", target))
    assert (done.returncode == 0) == reached, done.stderr


def test_a_missing_image(quiet: Live) -> None:
    done = leasehold(*inside(quiet, "true", image="leasehold/no-such:0"))
    assert done.returncode == 8
    assert "There is no image 'leasehold/no-such:0'" in done.stderr


def test_inside_needs_an_image(quiet: Live) -> None:
    assert leasehold("exec", quiet.run.name, "--role", "reader", "--inside", "--", "true").returncode == 2
