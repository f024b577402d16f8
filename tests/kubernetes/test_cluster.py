"""The cluster itself: its node, its names, and what a client asks of it."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from kubernetes import client
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward

from leasehold.engines.docker.client import connected
from toolchain.cluster.choice import chosen

from .support import FORBIDDEN, GREETING, PORT, Namespace, until

pytestmark = pytest.mark.kubernetes


def test_every_node_is_ready(image: str) -> None:
    nodes = client.CoreV1Api().list_node().items
    assert nodes
    for node in nodes:
        assert [found.status for found in node.status.conditions if found.type == "Ready"] == ["True"]


def test_a_service_has_a_name(namespace: Namespace) -> None:
    namespace.server("web")
    namespace.pod("client")
    until(lambda: namespace.reaches("client", f"web.{namespace.name}.svc.cluster.local", 80))
    assert namespace.reaches("client", "web", 80)
    status, said = namespace.run("client", "nslookup", f"web.{namespace.name}.svc.cluster.local")
    assert status == 0
    assert namespace.service_address("web") in said
    status, _ = namespace.run("client", "nslookup", f"nobody.{namespace.name}.svc.cluster.local")
    assert status != 0


def test_an_image_can_be_loaded_by_several_at_once(image: str) -> None:
    several = 3
    with connected() as engine:
        fresh = f"localhost/probe:{secrets.token_hex(4)}"  # one that the cluster does not have yet
        engine.images.get(image).tag(fresh)
        try:
            with ThreadPoolExecutor(several) as pool:
                list(pool.map(lambda _: chosen().load([fresh], lambda line: None), range(several)))
        finally:
            engine.images.remove(fresh)


def test_exec_tells_what_was_printed_and_the_exit_status(namespace: Namespace) -> None:
    namespace.pod("one")
    assert namespace.run("one", "sh", "-c", "echo out; exit 3") == (3, "out\n")


def test_exec_is_in_the_pods_own_root(namespace: Namespace) -> None:
    namespace.pod("one", "echo here > /tmp/mark; sleep infinity")
    until(lambda: namespace.run("one", "cat", "/tmp/mark") == (0, "here\n"))
    assert namespace.run("one", "cat", "/proc/1/root/tmp/mark") == (0, "here\n")
    assert namespace.run("one", "hostname") == (0, "one\n")


def test_logs(namespace: Namespace) -> None:
    namespace.pod("one", "echo first; echo second; sleep infinity")
    until(lambda: namespace.core.read_namespaced_pod_log("one", namespace.name) == "first\nsecond\n")


def test_a_port_is_forwarded(namespace: Namespace) -> None:
    namespace.server("web")
    forward = portforward(namespace.core.connect_get_namespaced_pod_portforward, "web", namespace.name, ports=str(PORT))
    with closing(forward.socket(PORT)) as socket:
        socket.setblocking(True)
        said = b"".join(iter(lambda: socket.recv(1024), b""))
    assert said.decode().strip() == GREETING
    assert forward.error(PORT) is None


def test_an_account_may_do_what_its_role_says_and_no_more(namespace: Namespace) -> None:
    rights = client.RbacAuthorizationV1Api()
    namespace.core.create_namespaced_service_account(namespace.name, {"metadata": {"name": "viewer"}})
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    rights.create_namespaced_role(namespace.name, {"metadata": {"name": "viewer"}, "rules": rules})
    binding = {
        "metadata": {"name": "viewer"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer"},
        "subjects": [{"kind": "ServiceAccount", "name": "viewer", "namespace": namespace.name}],
    }
    rights.create_namespaced_role_binding(namespace.name, binding)
    asked = {"spec": {"expirationSeconds": 600}}
    token = namespace.core.create_namespaced_service_account_token("viewer", namespace.name, asked).status.token
    admin = client.Configuration.get_default_copy()
    viewer = client.Configuration(host=admin.host)
    viewer.ssl_ca_cert = admin.ssl_ca_cert
    viewer.api_key = {"authorization": f"Bearer {token}"}
    core = client.CoreV1Api(client.ApiClient(viewer))

    def forbidden(call: object, *arguments: object) -> bool:
        with pytest.raises(ApiException) as refused:
            call(*arguments)  # type: ignore[operator]
        return bool(refused.value.status == FORBIDDEN)

    def may_list() -> bool:
        try:
            core.list_namespaced_pod(namespace.name)
        except ApiException as error:
            if error.status != FORBIDDEN:
                raise
            return False
        return True

    until(may_list)  # the API server's own authorizer learns of the binding a moment later
    assert forbidden(core.list_namespaced_secret, namespace.name)
    assert forbidden(core.list_namespaced_pod, "kube-system")
    assert forbidden(core.list_pod_for_all_namespaces)
    assert forbidden(core.delete_namespaced_pod, "any", namespace.name)
    assert forbidden(core.create_namespaced_pod, namespace.name, {"metadata": {"name": "any"}})
