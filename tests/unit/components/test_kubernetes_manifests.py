"""Manifests of a run in a cluster, as pure functions make them."""

import pytest

from components.declared.run import Run
from components.engines.kubernetes.pod import fixed_fields, pod_metadata, pod_spec
from components.engines.kubernetes.reached import ReachedService
from components.engines.kubernetes.server import digest
from components.engines.kubernetes.services import service_spec
from components.engines.kubernetes.term import AFTER, owner, term_spec
from components.engines.protocol import ServerArgs
from components.servers.start import EXPIRES, FOLDER
from leasehold.contract import (
    BROKER,
    DATABASE,
    EXPIRES_LABEL,
    GATEWAY,
    HOST_LABEL,
    LOGS,
    OWNER_LABEL,
    PART_LABEL,
    RUN_LABEL,
    SERVERS,
)
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, PORTS_ANNOTATION
from leasehold.engines.kubernetes.published import access_of, port_of, ports_annotation, reached_as
from leasehold.engines.kubernetes.quantities import mebibytes
from leasehold.engines.kubernetes.reach import Access
from leasehold.engines.kubernetes.selectors import selects

RUN = Run("demo", "somebody@here", 1_800_000_000, 3600, "0f3a")
SECRET = "not-for-the-cluster"
ALIASES = [{"ip": "192.0.2.7", "hostnames": [DATABASE]}]


def _args(part: str = DATABASE, *, reached: ReachedService | None = None, keeps_room: bool = False) -> ServerArgs:
    return ServerArgs(
        run=RUN,
        part=part,
        image="postgres:18",
        user="postgres",
        files={"start.sh": SECRET},
        inner="leasehold-demo",
        reached=reached,
        memory={"/var/lib/postgresql": 1024, "/var/lib/postgresql/own": 512},
        shared_memory=256,
        keeps_room=keeps_room,
    )


def test_a_server_has_no_more_rights_than_it_needs() -> None:
    spec = pod_spec(_args(), "digest", ALIASES)
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert spec["restartPolicy"] == "Never"
    assert spec["securityContext"]["runAsNonRoot"]
    for container in spec["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["resources"]["limits"]["memory"]


def test_a_server_ends_with_its_term() -> None:
    spec = pod_spec(_args(), "digest", ALIASES)
    assert spec["activeDeadlineSeconds"] == RUN.term
    assert spec["containers"][0]["env"][0] == {"name": EXPIRES, "value": str(RUN.expires)}
    assert "spec.containers[0].env[0]" in fixed_fields(_args())


def test_what_is_stored_in_memory_counts_against_the_limit() -> None:
    spec = pod_spec(_args(), "digest", ALIASES)
    sizes = {
        volume["name"]: int(volume["emptyDir"]["sizeLimit"].removesuffix("Mi"))
        for volume in spec["volumes"]
        if volume.get("emptyDir", {}).get("medium") == "Memory"
    }
    assert sizes["var-lib-postgresql"] == 1024
    assert sizes["dev-shm"] == 256
    assert int(spec["containers"][0]["resources"]["limits"]["memory"].removesuffix("Mi")) > sum(sizes.values())


def test_the_log_outlives_the_server() -> None:
    server, keeper = pod_spec(_args(), "digest", ALIASES)["containers"]
    shared = {"name": "logs", "mountPath": LOGS}
    assert shared in server["volumeMounts"]
    assert keeper["volumeMounts"] == [shared]
    assert keeper["image"] == server["image"]


def test_files_are_no_objects_of_the_clusters() -> None:
    args = _args()
    shown = str([pod_spec(args, digest({"start.sh": SECRET}), ALIASES), pod_metadata(args, "n")])
    assert SECRET not in shown
    assert f"{FOLDER}/start.sh" in shown


def test_other_files_are_another_pod() -> None:
    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"})
    assert digest({"a": "1"}) != digest({"a": "2"})
    assert pod_spec(_args(), "one", ALIASES) != pod_spec(_args(), "other", ALIASES)
    assert not [field for field in fixed_fields(_args(keeps_room=True)) if field.endswith("env[1]")]


def test_the_gateway_alone_has_a_port_of_the_nodes() -> None:
    kinds = {part: service_spec("demo", part, Access.NODE_PORT)["type"] for part in SERVERS}
    assert kinds == {DATABASE: "ClusterIP", BROKER: "ClusterIP", GATEWAY: "NodePort"}
    assert [one["port"] for one in service_spec("demo", GATEWAY, Access.NODE_PORT)["ports"]] == [5432, 8200]


@pytest.mark.parametrize("part", SERVERS)
def test_a_service_finds_its_own_runs_server_alone(part: str) -> None:
    labels = pod_metadata(_args(part), "shared")["labels"]
    assert selects({"matchLabels": service_spec("demo", part, Access.NODE_PORT)["selector"]}, labels)
    assert not selects(
        {"matchLabels": service_spec("demo", part, Access.NODE_PORT)["selector"]}, {**labels, RUN_LABEL: "other"}
    )
    assert not selects(
        {"matchLabels": service_spec("demo", part, Access.NODE_PORT)["selector"]}, {**labels, PART_LABEL: "inside"}
    )


def test_names_are_known_inside_and_nobody_is_asked_for_others() -> None:
    spec = pod_spec(_args(), "digest", ALIASES)
    assert spec["hostAliases"] == ALIASES
    assert spec["dnsPolicy"] == "None"
    assert spec["dnsConfig"] == {"nameservers": ["127.0.0.1"]}


def test_ports_are_read_back() -> None:
    ports = ports_annotation({5432: 30001, 8200: 30002})
    told = {ACCESS_ANNOTATION: str(Access.NODE_PORT), PORTS_ANNOTATION: ports}
    metadata = pod_metadata(_args(GATEWAY, reached=ReachedService("192.0.2.1", told)), "leasehold-demo")
    assert metadata["annotations"][HOST_LABEL] == "192.0.2.1"
    assert port_of(metadata["annotations"], 8200) == 30002
    assert access_of({"metadata": metadata}) is Access.NODE_PORT
    assert reached_as({"metadata": metadata}, 5432) == ("192.0.2.1", 30001)
    assert reached_as({"metadata": pod_metadata(_args(), "leasehold-demo")}, 5432) is None


def test_what_cannot_be_a_labels_value_is_an_annotation() -> None:
    metadata = pod_metadata(_args(), "leasehold-demo")
    assert metadata["labels"][RUN_LABEL] == "demo"
    assert metadata["labels"][EXPIRES_LABEL] == "1800000000"
    assert metadata["annotations"][OWNER_LABEL] == "somebody@here"
    assert OWNER_LABEL not in metadata["labels"]


def test_a_volume_ends_with_its_pod() -> None:
    args = ServerArgs(RUN, DATABASE, "postgres:18", "postgres", {}, "n", volumes={"/var/lib/x": "storage"})
    spec = pod_spec(args, "digest", ALIASES)
    assert {"name": "storage", "emptyDir": {}} in spec["volumes"]
    assert {"name": "storage", "mountPath": "/var/lib/x"} in spec["containers"][0]["volumeMounts"]


@pytest.mark.parametrize("keeps", [True, False])
def test_sizes_that_were_derived_stay(keeps: bool) -> None:
    assert ("spec.volumes" in fixed_fields(_args(keeps_room=keeps))) is keeps


def test_a_node_of_two_cores_and_eight_gibibytes_has_room_for_sixteen_runs() -> None:
    asked = [
        container["resources"]["requests"]
        for part in (DATABASE, BROKER, GATEWAY)
        for container in pod_spec(_args(part), "digest", ALIASES)["containers"]
    ]
    assert 16 * sum(int(one["cpu"].removesuffix("m")) for one in asked) < 2000 - 200  # what its own programs ask for
    assert 16 * sum(mebibytes(one["memory"]) for one in asked) < 8192 - 1024


def test_what_ends_a_run_takes_nothing_of_a_node_and_needs_no_right() -> None:
    job = term_spec(RUN)
    assert job["activeDeadlineSeconds"] == RUN.term + AFTER
    assert job["ttlSecondsAfterFinished"] == job["backoffLimit"] == 0
    pod = job["template"]["spec"]
    assert [one["name"] for one in pod["schedulingGates"]] == ["dev.leasehold.term"]
    assert pod["automountServiceAccountToken"] is False
    assert job["template"]["metadata"]["labels"][RUN_LABEL] == RUN.name


def test_what_is_owned_names_its_owner_and_does_not_hold_it_back() -> None:
    told = {"name": "leasehold-demo-term", "uid": "0f3a", "namespace": "leasehold-demo"}
    owned = {"apiVersion": "batch/v1", "kind": "Job", "name": "leasehold-demo-term", "uid": "0f3a"}
    assert owner("Job", "batch/v1", told) == owned
