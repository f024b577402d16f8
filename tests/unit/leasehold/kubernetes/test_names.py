import pytest

from leasehold.contract import SERVERS, resource_name
from leasehold.engines.kubernetes.names import (
    NAMESPACE,
    given_namespace,
    labels_of,
    metadata_of,
    namespace_name,
    namespace_of,
    part_of,
)
from leasehold.engines.kubernetes.quantities import mebibytes
from leasehold.errors import EngineError


@pytest.mark.parametrize("part", SERVERS)
def test_a_servers_name_tells_its_namespace(part: str) -> None:
    server = resource_name("my-run-2", part)
    assert (namespace_of(server), part_of(server)) == (namespace_name("my-run-2"), part)


@pytest.mark.parametrize("part", SERVERS)
def test_in_a_given_namespace_the_name_tells_the_part_alone(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, "team-a")
    server = resource_name("my-run-2", part)
    assert (namespace_of(server), namespace_name("my-run-2"), part_of(server)) == ("team-a", "team-a", part)


@pytest.mark.parametrize("name", ["../kube-system", "Team", "a" * 64, "a.b", "-a"])
def test_what_cannot_be_a_namespace_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, name)
    with pytest.raises(EngineError, match="cannot be a namespace's name"):
        given_namespace()


def test_labels_are_read_back_wherever_they_stand() -> None:
    ours = {"dev.leasehold.run": "demo", "dev.leasehold.owner": "a@b", "dev.leasehold.expires": "1800000000"}
    labels, annotations = metadata_of(ours)
    assert annotations == {"dev.leasehold.owner": "a@b"}
    found = {"metadata": {"labels": {**labels, "kubernetes.io/metadata.name": "x"}, "annotations": annotations}}
    assert labels_of(found) == ours


@pytest.mark.parametrize(("quantity", "size"), [("24689152Ki", 24110), ("1Gi", 1024), ("1G", 953), ("2097152", 2)])
def test_amounts_of_memory(quantity: str, size: int) -> None:
    assert mebibytes(quantity) == size
