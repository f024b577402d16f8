import json
import re

from components.broker.config import broker_config
from components.broker.login_methods import approle
from components.broker.policies import provisioner_policy, role_policy
from components.declared.initdb import check_initdb
from components.declared.validation import check_roles
from components.gateway.config import gateway_config
from components.postgresql.config import hba_file, settings_file
from components.postgresql.versions import needs, version_file
from components.servers.database_start import database_start
from components.servers.start import broker_start, gateway_start

ROLES = check_roles(
    [
        {"name": "migrator", "owns": ["shop"]},
        {"name": "reader", "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT"]}]},
    ],
    3600,
)


def test_nobody_is_trusted_and_the_superuser_stays_inside() -> None:
    lines = [line.split() for line in hba_file().splitlines() if not line.startswith("#")]
    assert {line[-1] for line in lines} == {"peer", "reject", "scram-sha-256"}
    assert [line for line in lines if line[-1] == "peer"] == [["local", "all", "postgres", "peer"]]
    assert [line for line in lines if line[0] == "host"] == [["host", "all", "postgres", "all", "reject"]]
    assert {line[0] for line in lines if line[-1] == "scram-sha-256"} == {"hostssl"}
    assert "ssl = 'on'" in settings_file()


def test_refusals_can_be_attributed() -> None:
    settings = settings_file()
    assert "log_connections = 'authorization'" in version_file(18)
    assert [line for major in (16, 17) for line in version_file(major).splitlines() if "log_connections" in line] == [
        "log_connections = 'on'"
    ] * 2
    assert "log_destination = 'jsonlog'" in settings
    assert "logging_collector = 'on'" in settings


def test_a_holder_may_do_nothing_with_other_roles() -> None:
    policy = json.loads(role_policy(ROLES[1]))["path"]
    assert policy["database/creds/reader"] == {"capabilities": ["read"]}
    assert policy["sys/leases/revoke"]["allowed_parameters"]["lease_id"] == ["database/creds/reader/*"]
    assert not [path for path in policy if "migrator" in path or "*" in path]


def test_the_provisioner_may_set_up_the_declared_roles_only() -> None:
    policy = json.loads(provisioner_policy(ROLES, approle.role_paths))["path"]
    assert not [path for path in policy if "*" in path or "creds" in path]
    written = policy["sys/policies/acl/lease-reader"]["allowed_parameters"]["policy"]
    assert written == [role_policy(ROLES[1])]
    assert not [path for path, rule in policy.items() if "sudo" in rule["capabilities"]]


def test_the_broker_is_no_dev_server() -> None:
    config = json.loads(broker_config("{}", approle.setup(None), 300, 3600))
    assert (config["default_lease_ttl"], config["max_lease_ttl"]) == ("3600s", "3600s")
    assert config["listener"][0]["tcp"]["tls_min_version"] == "tls13"
    assert config["seal"] == [{"static": {"current_key_id": "run", "current_key": "file:///leasehold/seal.key"}}]
    assert config["audit"][0]["file"]["log"]["options"] == {"file_path": "/tmp/leasehold-logs/current.json"}
    requests = [next(iter(request.values())) for request in config["initialize"][0]["provisioner"]["request"]]
    login = requests[-1]["data"]
    assert login["password"] == {
        "eval_type": "string",
        "eval_source": "file",
        "path": "/leasehold/provisioner.password",
    }
    assert login["token_policies"] == ["provisioner"]


def test_the_gateway_passes_on_two_ports() -> None:
    config = gateway_config("127.0.0.11:53")
    assert [line.split()[-1] for line in config.splitlines() if "bind" in line] == [
        ":5432",
        ":8200",
    ]


def test_every_container_ends_with_the_term() -> None:
    for script in (database_start("app"), broker_start(), gateway_start()):
        assert script.startswith("#!/bin/sh\nset -eu\nleft=$(( LEASEHOLD_EXPIRES - $(date +%s) ))")
        assert re.search(r'exec timeout -s TERM "\$left"|\(sleep "\$left"; kill -(INT|TERM) "\$server"\) &', script)


def test_a_database_name_is_quoted_for_the_shell() -> None:
    assert "bootstrap 'a b; reboot' " in database_start("a b; reboot")


def test_an_image_is_quoted_for_the_shell() -> None:
    assert "image='own:$(reboot)'\n" in database_start("app", "own:$(reboot)")


def test_what_needs_a_later_version() -> None:
    roles = check_roles(
        [
            {"name": "migrator", "owns": ["shop"]},
            {"name": "keeper", "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["MAINTAIN"]}]},
            {"name": "viewer", "grants": [{"large_objects": ["*"], "privileges": ["SELECT"]}]},
            {
                "name": "old",
                "grants": [{"large_objects": ["*"], "privileges": ["SELECT"], "granted_by": "migrations"}],
            },
        ],
        3600,
    )
    found = needs(roles, check_initdb({"locale_provider": "builtin"}))
    assert found == [
        (17, "The privilege MAINTAIN in schema 'shop', which role 'keeper' is granted"),
        (18, "The grant on large objects to come, which role 'viewer' has"),
        (17, "The locale provider 'builtin', which `initdb` declares"),
    ]
    assert needs(ROLES, check_initdb()) == []
    assert "refuse 'The locale provider '\"'\"'builtin'\"'\"', which `initdb` declares'\" needs PostgreSQL 17" in (
        database_start("app", needs=found)
    )
