"""A real cluster: the one that `make test-kubernetes` has had, or has started."""

import os
import secrets
from collections.abc import Iterator

import pytest
from kubernetes import config

from toolchain.cluster.choice import VARIABLE, chosen
from toolchain.images import IMAGES

from .support import Namespace

_IMAGE = "LEASEHOLD_IMAGE_PROBE"


@pytest.fixture(scope="session")
def image() -> str:
    """The image of all pods: one that runs have, too, and that the cluster was given."""
    if VARIABLE not in os.environ:
        pytest.fail("No cluster is named. Run these tests with `make test-kubernetes`, which has one.", pytrace=False)
    config.load_kube_config(os.environ["KUBECONFIG"])
    name = os.environ.get(_IMAGE) or next(image.public for image in IMAGES if image.name == "probe")
    chosen().load([name], lambda line: None)
    return name


@pytest.fixture
def namespace(image: str) -> Iterator[Namespace]:
    """A namespace that is gone at the end of the test."""
    made = Namespace(f"t-{secrets.token_hex(4)}", image)
    made.create()
    yield made
    made.delete()
