"""What proves that a stack was made with a passphrase."""

import pytest

from leasehold.pulumi import settings

KEY = "v1:qtnxw+V+w+I=:v1:zfibczt6cgTfbhDB:Eh14XaQthYmexLsMcc9qWT1FF0Ctyw=="
"""As Pulumi 3.259 made it, for the passphrase `open sesame`."""


@pytest.mark.parametrize(
    ("key", "passphrase", "made"),
    [
        (KEY, "open sesame", True),
        (KEY, "open sesam", False),
        (KEY[:-6] + "AAAA==", "open sesame", False),
        ("v1:", "open sesame", False),
        ("", "", False),
    ],
)
def test_a_passphrase_proves_which_stacks_are_its_own(key: str, passphrase: str, made: bool) -> None:
    assert settings.is_made_with(key, passphrase) is made
