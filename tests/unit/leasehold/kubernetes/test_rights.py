import pytest
import yaml

from leasehold.engines.kubernetes import rights
from leasehold.engines.kubernetes.rights import RIGHTS, cluster_role, resource_and_verb


def test_no_right_is_a_wildcard_or_over_secrets() -> None:
    for rule in cluster_role()["rules"]:
        assert "*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"])
        assert not {"secrets", "roles", "clusterroles", "nodes/proxy"} & set(rule["resources"])
    assert all(right.why for right in RIGHTS)


def test_they_are_printed_as_kubectl_takes_them(capsys: pytest.CaptureFixture[str]) -> None:
    rights.main()
    assert yaml.safe_load(capsys.readouterr().out) == cluster_role()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/namespaces", ("namespaces", "list")),
        ("GET", "/api/v1/namespaces/one", ("namespaces", "get")),
        ("DELETE", "/api/v1/namespaces/one/pods/two", ("pods", "delete")),
        ("GET", "/api/v1/namespaces/one/pods/two/exec", ("pods/exec", "get")),
        ("GET", "/api/v1/namespaces/one/pods/two/log", ("pods/log", "get")),
        ("POST", "/apis/networking.k8s.io/v1/namespaces/one/networkpolicies", ("networkpolicies", "create")),
        ("GET", "/api/v1/nodes", ("nodes", "list")),
    ],
)
def test_a_request_is_told_as_a_role_names_it(method: str, path: str, expected: tuple[str, str]) -> None:
    assert resource_and_verb(method, path) == expected
