"""Manifests of a run in a cluster, as pure functions make them."""

import pytest

from components.declared.run import Run
from components.engines.kubernetes.pod import fixed_fields, pod_metadata, pod_spec
from components.engines.kubernetes.server import digest
from components.engines.kubernetes.service import ReachedService, service_spec
from components.engines.protocol import ServerArgs
from components.servers.start import EXPIRES, FOLDER
from leasehold.contract import BROKER, DATABASE, EXPIRES_LABEL, GATEWAY, HOST_LABEL, LOGS, OWNER_LABEL, RUN_LABEL
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, PORTS_ANNOTATION
from leasehold.engines.kubernetes.published import access_of, port_of, ports_annotation, reached_as
from leasehold.engines.kubernetes.quantities import mebibytes
from leasehold.engines.kubernetes.reach import Access

RUN = Run("demo", "somebody@here", 1_800_000_000, 3600, "0f3a")
SECRET = "not-for-the-cluster"


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
    spec = pod_spec(_args(), "digest")
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
    spec = pod_spec(_args(), "digest")
    assert spec["activeDeadlineSeconds"] == RUN.term
    assert spec["containers"][0]["env"][0] == {"name": EXPIRES, "value": str(RUN.expires)}
    assert "spec.containers[0].env[0]" in fixed_fields(_args())


def test_what_is_stored_in_memory_counts_against_the_limit() -> None:
    spec = pod_spec(_args(), "digest")
    sizes = {
        volume["name"]: int(volume["emptyDir"]["sizeLimit"].removesuffix("Mi"))
        for volume in spec["volumes"]
        if volume.get("emptyDir", {}).get("medium") == "Memory"
    }
    assert sizes["var-lib-postgresql"] == 1024
    assert sizes["dev-shm"] == 256
    assert int(spec["containers"][0]["resources"]["limits"]["memory"].removesuffix("Mi")) > sum(sizes.values())


def test_the_log_outlives_the_server() -> None:
    server, keeper = pod_spec(_args(), "digest")["containers"]
    shared = {"name": "logs", "mountPath": LOGS}
    assert shared in server["volumeMounts"]
    assert keeper["volumeMounts"] == [shared]
    assert keeper["image"] == server["image"]


def test_files_are_no_objects_of_the_clusters() -> None:
    args = _args()
    shown = str([pod_spec(args, digest({"start.sh": SECRET})), pod_metadata(args, "n"), service_spec(args.part)])
    assert SECRET not in shown
    assert f"{FOLDER}/start.sh" in shown


def test_other_files_are_another_pod() -> None:
    assert digest({"a": "1", "b": "2"}) == digest({"b": "2", "a": "1"})
    assert digest({"a": "1"}) != digest({"a": "2"})
    assert pod_spec(_args(), "one") != pod_spec(_args(), "other")
    assert not [field for field in fixed_fields(_args(keeps_room=True)) if field.endswith("env[1]")]


def test_a_service_stays_inside_unless_its_type_is_another() -> None:
    assert service_spec(DATABASE)["type"] == "ClusterIP"
    assert service_spec(GATEWAY, Access.NODE_PORT.service_type)["type"] == "NodePort"
    assert [one["port"] for one in service_spec(GATEWAY)["ports"]] == [5432, 8200]


def test_how_a_gateway_is_reached_is_read_back() -> None:
    ports = ports_annotation({5432: 30001, 8200: 30002})
    told = {ACCESS_ANNOTATION: str(Access.NODE_PORT), PORTS_ANNOTATION: ports}
    pod = {"metadata": pod_metadata(_args(GATEWAY, reached=ReachedService("192.0.2.1", told)), "leasehold-demo")}
    assert pod["metadata"]["annotations"][HOST_LABEL] == "192.0.2.1"
    assert port_of(pod["metadata"]["annotations"], 8200) == 30002
    assert access_of(pod) is Access.NODE_PORT
    assert reached_as(pod, 5432) == ("192.0.2.1", 30001)
    assert reached_as({"metadata": pod_metadata(_args(), "leasehold-demo")}, 5432) is None


def test_what_cannot_be_a_labels_value_is_an_annotation() -> None:
    metadata = pod_metadata(_args(), "leasehold-demo")
    assert metadata["labels"][RUN_LABEL] == "demo"
    assert metadata["labels"][EXPIRES_LABEL] == "1800000000"
    assert metadata["annotations"][OWNER_LABEL] == "somebody@here"
    assert OWNER_LABEL not in metadata["labels"]


def test_a_volume_ends_with_its_pod() -> None:
    args = ServerArgs(RUN, DATABASE, "postgres:18", "postgres", {}, "n", volumes={"/var/lib/x": "storage"})
    spec = pod_spec(args, "digest")
    assert {"name": "storage", "emptyDir": {}} in spec["volumes"]
    assert {"name": "storage", "mountPath": "/var/lib/x"} in spec["containers"][0]["volumeMounts"]


@pytest.mark.parametrize("keeps", [True, False])
def test_sizes_that_were_derived_stay(keeps: bool) -> None:
    assert ("spec.volumes" in fixed_fields(_args(keeps_room=keeps))) is keeps


def test_a_node_of_two_cores_and_eight_gibibytes_has_room_for_sixteen_runs() -> None:
    asked = [
        container["resources"]["requests"]
        for part in (DATABASE, BROKER, GATEWAY)
        for container in pod_spec(_args(part), "digest")["containers"]
    ]
    assert 16 * sum(int(one["cpu"].removesuffix("m")) for one in asked) < 2000 - 200  # what its own programs ask for
    assert 16 * sum(mebibytes(one["memory"]) for one in asked) < 8192 - 1024
