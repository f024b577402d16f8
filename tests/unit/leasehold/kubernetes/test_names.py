import pytest

from leasehold.contract import BROKER, DATABASE, GATEWAY, PART_LABEL, SERVERS, resource_name
from leasehold.engines.kubernetes.names import (
    INSIDE,
    NETWORK_LABEL,
    labels_of,
    metadata_of,
    namespace_name,
    namespace_of,
    part_of,
)
from leasehold.engines.kubernetes.policies import policies
from leasehold.engines.kubernetes.quantities import mebibytes


@pytest.mark.parametrize("part", SERVERS)
def test_a_servers_name_tells_its_namespace(part: str) -> None:
    server = resource_name("my-run-2", part)
    assert (namespace_of(server), part_of(server)) == (namespace_name("my-run-2"), part)


def test_labels_are_read_back_wherever_they_stand() -> None:
    ours = {"dev.leasehold.run": "demo", "dev.leasehold.owner": "a@b", "dev.leasehold.expires": "1800000000"}
    labels, annotations = metadata_of(ours)
    assert annotations == {"dev.leasehold.owner": "a@b"}
    found = {"metadata": {"labels": {**labels, "kubernetes.io/metadata.name": "x"}, "annotations": annotations}}
    assert labels_of(found) == ours


def test_nobody_reaches_anybody_but_as_declared() -> None:
    declared = policies()
    assert declared["closed"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    inside = {"matchLabels": {NETWORK_LABEL: INSIDE}}
    assert declared["inner"]["ingress"] == [{"from": [{"podSelector": inside}]}]
    assert declared["inner"]["egress"] == [{"to": [{"podSelector": inside}]}]
    assert declared["gateway"]["podSelector"] == {"matchLabels": {PART_LABEL: GATEWAY}}
    assert [one["port"] for one in declared["gateway"]["ingress"][0]["ports"]] == [5432, 8200]
    assert not [name for name, spec in declared.items() if {} in spec.get("egress", [])]
    assert not [name for name in declared if name in (DATABASE, BROKER)]


@pytest.mark.parametrize(("quantity", "size"), [("24689152Ki", 24110), ("1Gi", 1024), ("1G", 953), ("2097152", 2)])
def test_amounts_of_memory(quantity: str, size: int) -> None:
    assert mebibytes(quantity) == size
