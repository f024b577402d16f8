"""A real cluster: the one that `make test-kubernetes` has had, or has started."""

import contextlib
import os
import secrets
from collections.abc import Generator, Iterator

import pytest
from kubernetes import client, config

from leasehold import Run, RunNotFoundError
from leasehold.contract import ENGINE_VARIABLE, KUBERNETES
from leasehold.runs.run import destroy
from tests.integration.conftest import migrated
from tests.integration.support import COMMAND, PROJECT, Live, image_of, inspect_run
from toolchain.cluster.choice import VARIABLE, chosen
from toolchain.images import IMAGES

from .support import Namespace, there, told
from .turns import turn

_IMAGE = "LEASEHOLD_IMAGE_PROBE"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Have a test, with all of its fixtures, wait for one that is to be alone."""
    base: pytest.TempPathFactory = item.config._tmp_path_factory  # type: ignore[attr-defined]
    folder = base.getbasetemp()
    with turn(
        folder.parent if hasattr(item.config, "workerinput") else folder, alone=bool(item.get_closest_marker("alone"))
    ):
        return (yield)


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


@pytest.fixture(scope="session")
def images(image: str) -> None:
    """Give the cluster the images of runs."""
    chosen().load([image_of(one.name) for one in IMAGES], lambda line: None)


@pytest.fixture(scope="module")
def on_cluster(images: None) -> Iterator[None]:
    """Have this process, and what it starts, work on the cluster: what a file's tests do elsewhere they do here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENGINE_VARIABLE, KUBERNETES)
        yield


@pytest.fixture(scope="module")
def warm(on_cluster: None) -> Iterator[str]:
    """The name of a run that a file's sessions of the plugin reuse; the first creates it."""
    name = f"k-{secrets.token_hex(3)}"
    yield name
    with contextlib.suppress(RunNotFoundError):
        destroy(name, program=PROJECT)
    assert inspect_run(name).empty


@pytest.fixture(scope="module")
def quiet(on_cluster: None) -> Iterator[Live]:
    """A run of one file's tests: up, migrated and seeded."""
    run = Run.create(f"k-{secrets.token_hex(3)}", program=PROJECT)
    try:
        migrated(run)
        yield Live(run, run.outputs, run.issuer)
    finally:
        run.destroy()
    assert inspect_run(run.name).empty


@pytest.fixture(scope="module")
def shell(images: None) -> dict[str, str]:
    """The environment of commands that work on the cluster, which has the images of runs."""
    return {**os.environ, "LEASEHOLD_ENGINE": "kubernetes", "CI": "true"}


@pytest.fixture
def name(shell: dict[str, str]) -> Iterator[str]:
    """Give the name of a run that is gone at the end of the test."""
    made = f"k-{secrets.token_hex(3)}"
    yield made
    done = told(shell, *COMMAND, "down", "--wait", made)
    assert done[0] in (0, 3), done  # 3: there is none
    assert not there(lambda: client.CoreV1Api().read_namespace(f"leasehold-{made}"))
