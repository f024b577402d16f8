"""Broker policies: one role's credentials for a client, the set-up for the provisioner."""

import json
from collections.abc import Callable, Iterable, Sequence

from leasehold.contract import CONNECTION, DATABASE_MOUNT, LEASE_POLICY, OPERATOR, ORCHESTRATOR, REVOKE, ROTATE_ADMIN

from ..declared.validation import Role

APPROLE_MOUNT = "approle"
"""Mount of the AppRole auth method."""

_WRITE = ["create", "update", "read", "delete"]


def policy_name(role: str) -> str:
    """Return the name of a role's policy."""
    return f"{LEASE_POLICY}{role}"


def role_policy(role: Role) -> str:
    """Return the policy of a role's clients: take, renew and revoke leases of this role alone, or read its password."""
    token: dict[str, object] = {f"auth/token/{one}-self": {"capabilities": ["update"]} for one in ("renew", "revoke")}
    if role.is_static:
        return _policy({f"{DATABASE_MOUNT}/static-creds/{role.key}": {"capabilities": ["read"]}, **token})
    credentials = f"{DATABASE_MOUNT}/creds/{role.key}"
    own_leases = {
        "capabilities": ["update"],
        "allowed_parameters": {"lease_id": [f"{credentials}/*"], "increment": []},
    }
    return _policy(
        {
            credentials: {"capabilities": ["read"]},
            "sys/leases/renew": own_leases,
            REVOKE: {
                "capabilities": ["update"],
                "allowed_parameters": {"lease_id": [f"{credentials}/*"], "sync": []},
            },
            **token,
        }
    )


def operator_policy(roles: Iterable[Role]) -> str:
    """Return the policy of the drills: a new password for the admin, and the end of declared roles' leases.

    What touches everybody's leases needs ``sudo`` in the broker (OpenBao manual, /sys/leases).
    """
    paths: dict[str, object] = {
        ROTATE_ADMIN: {"capabilities": ["update"]},
        "auth/token/renew-self": {"capabilities": ["update"]},
    }
    for role in roles:
        if role.is_static:
            paths[f"{DATABASE_MOUNT}/rotate-role/{role.key}"] = {"capabilities": ["update"]}
            continue
        credentials = f"{DATABASE_MOUNT}/creds/{role.key}"
        paths[f"sys/leases/lookup/{credentials}/"] = {"capabilities": ["list", "sudo"]}
        paths[f"sys/leases/revoke-prefix/{credentials}"] = {"capabilities": ["update", "sudo"]}
    paths[REVOKE] = {
        "capabilities": ["update"],
        "allowed_parameters": {
            "lease_id": [f"{DATABASE_MOUNT}/creds/{role.key}/*" for role in roles if not role.is_static],
            "sync": [],
        },
    }
    return _policy(paths)


def orchestrator_policy(roles: Iterable[Role]) -> str:
    """Return the policy of the harness: secret ids of each role, in no form but wrapped (OpenBao manual, Policies)."""
    wrapped = {"capabilities": ["update"], "min_wrapping_ttl": "1s", "max_wrapping_ttl": "60s"}
    names = [*(role.key for role in roles), OPERATOR]
    paths: dict[str, object] = {f"auth/{APPROLE_MOUNT}/role/{name}/secret-id": wrapped for name in names}
    paths["auth/token/renew-self"] = {"capabilities": ["update"]}
    return _policy(paths)


def provisioner_policy(roles: Sequence[Role], login_paths: Callable[[str], list[str]]) -> str:
    """Return the policy of the set-up: the paths of these roles, and no policy text but theirs.

    Args:
        roles: The declared roles.
        login_paths: Returns the paths that are written for a role's logins.

    It can read no credentials. That it may write policies does not widen it: the broker compares what it
    writes with the text that stands here (``allowed_parameters``, OpenBao manual, Policies).
    """
    mount = f"{DATABASE_MOUNT}"
    paths: dict[str, object] = {
        "sys/mounts": {"capabilities": ["read"]},
        f"sys/mounts/{mount}": {"capabilities": _WRITE},
        f"sys/mounts/{mount}/tune": {"capabilities": ["read", "update"]},
        f"{mount}/config/{CONNECTION}": {"capabilities": _WRITE},
        "auth/token/lookup-self": {"capabilities": ["read"]},
        "auth/token/revoke-self": {"capabilities": ["update"]},
    }
    for role in roles:
        kind = "static-roles" if role.is_static else "roles"
        paths[f"{mount}/{kind}/{role.key}"] = {"capabilities": _WRITE}
        paths[f"sys/policies/acl/{policy_name(role.key)}"] = _this_text_only(role_policy(role))
        paths.update({path: {"capabilities": _WRITE} for path in login_paths(role.key)})
    paths[f"sys/policies/acl/{ORCHESTRATOR}"] = _this_text_only(orchestrator_policy(roles))
    paths[f"sys/policies/acl/{OPERATOR}"] = _this_text_only(operator_policy(roles))
    paths.update({path: {"capabilities": _WRITE} for path in login_paths(OPERATOR)})
    paths[ROTATE_ADMIN] = {"capabilities": ["create", "update"]}
    login = f"auth/{APPROLE_MOUNT}/role/{ORCHESTRATOR}"
    paths[login] = {"capabilities": _WRITE}
    for part in ("role-id", "secret-id", "secret-id-accessor/lookup", "secret-id-accessor/destroy"):
        paths[f"{login}/{part}"] = {"capabilities": ["create", "update", "read"]}
    return _policy(paths)


def _this_text_only(policy: str) -> dict[str, object]:
    return {"capabilities": _WRITE, "allowed_parameters": {"policy": [policy], "name": []}}


def _policy(paths: dict[str, object]) -> str:
    return json.dumps({"path": paths}, sort_keys=True)
