from typing import Any

import pytest
import yaml

from leasehold.engines.kubernetes import rights
from leasehold.engines.kubernetes.rights import (
    IN_A_GIVEN_ONE,
    IN_A_NAMESPACE,
    MAKING_ONE,
    cluster_role,
    resource_and_verb,
    role,
)


@pytest.mark.parametrize("printed", [cluster_role(), role("team-a")])
def test_no_right_is_a_wildcard_or_over_secrets(printed: dict[str, Any]) -> None:
    for rule in printed["rules"]:
        assert "*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"])
        assert not {"secrets", "roles", "clusterroles", "nodes/proxy"} & set(rule["resources"])
    assert all(right.why for right in (*IN_A_NAMESPACE, *IN_A_GIVEN_ONE, *MAKING_ONE))


def test_in_a_given_namespace_none_is_made_and_no_node_is_asked_for() -> None:
    verbs = {resource: rule["verbs"] for rule in role("team-a")["rules"] for resource in rule["resources"]}
    assert verbs["namespaces"] == ["get"]
    assert "nodes" not in verbs


def test_they_are_printed_as_kubectl_takes_them(capsys: pytest.CaptureFixture[str]) -> None:
    rights.main([])
    assert yaml.safe_load(capsys.readouterr().out) == cluster_role()
    rights.main(["--namespace", "team-a"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed == role("team-a")
    assert (printed["kind"], printed["metadata"]["namespace"]) == ("Role", "team-a")


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
