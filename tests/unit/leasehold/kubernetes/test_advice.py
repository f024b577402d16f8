import pytest
from kubernetes import client

from leasehold.contract import ENGINE_VARIABLE
from leasehold.engines import current
from leasehold.engines.kubernetes.advice import advice_on, explained
from leasehold.engines.kubernetes.api import Api
from leasehold.engines.kubernetes.names import NAMESPACE
from leasehold.errors import EngineError

FORBIDDEN = 'pods is forbidden: User "a" cannot list resource "pods" in API group "" in the namespace "x"'


def test_a_missing_right_is_told_by_verb_and_resource() -> None:
    said = explained("GET", "/api/v1/namespaces/x/pods", 403, {"message": FORBIDDEN})
    assert said.startswith("The login in the kubeconfig may not list pods.")
    assert "leasehold.engines.kubernetes.rights" in said


def test_in_a_given_namespace_it_is_told_where_and_which_role_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMESPACE, "x")
    said = explained("GET", "/api/v1/namespaces/x/pods", 403, {"message": FORBIDDEN})
    assert said.startswith("The login in the kubeconfig may not list pods in namespace x.")
    assert "rights --namespace x`" in said
    assert NAMESPACE in said
    nodes = 'nodes is forbidden: User "a" cannot list resource "nodes" in API group "" at the cluster scope'
    said = explained("GET", "/api/v1/nodes", 403, {"message": nodes})
    assert said == "The login in the kubeconfig may not list nodes, which a ClusterRole alone allows."


def test_an_expired_login_is_told() -> None:
    assert "expired" in explained("GET", "/api/v1/nodes", 401, {"message": "Unauthorized"})


def test_what_pulumi_reports_has_advice() -> None:
    assert "may not list pods" in advice_on(f"error: {FORBIDDEN}")
    assert "LEASEHOLD_IMAGE_DATABASE" in advice_on("Pod a does not run (ErrImagePull: no such host)")
    assert "finalizer" in advice_on('object is being deleted: namespaces "leasehold-demo" already exists')
    assert "quota" in advice_on('pods "a" is forbidden: exceeded quota: small')
    assert advice_on("something else") == ""


def test_nothing_is_said_twice() -> None:
    said = "Pod a does not run (ErrImagePull)."
    assert advice_on(f"{said} {advice_on(said)}") == ""


def test_a_package_that_is_not_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(current.ENGINES, "kubernetes", ".no_such_room.engine:Engine")
    monkeypatch.setenv(ENGINE_VARIABLE, "kubernetes")
    with pytest.raises(EngineError, match=r"pip install 'leasehold-testing\[kubernetes\]'"):
        current.current()


def test_a_refused_connection_is_told_from_an_answer_that_does_not_come() -> None:
    configuration = client.Configuration(host="https://127.0.0.1:9")
    configuration.retries = False
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:9 does not answer \(Connection refused\)"):
        Api(configuration).get("/version")
