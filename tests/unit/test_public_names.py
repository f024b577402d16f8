"""What is public: few names, each with an example that a test runs."""

import ast
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import components
import leasehold
from examples import parts
from tests import mocks

ROOT = Path(__file__).parents[2]


def used_in(*folders: str) -> set[str]:
    """Return the names and attributes that programs in some folders use."""
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def test_every_public_name_is_there_and_has_an_example() -> None:
    used = used_in("examples", "stacks")
    for package in (leasehold, components):
        for name in package.__all__:
            assert getattr(package, name), name
    assert set(leasehold.__all__) - used == set()
    assert set(components.__all__) - used == set()


def test_the_parts_make_an_environment() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    recorder, _ = mocks.run(parts.declare, {"notes:issuer-key": pem})
    servers = {made.name for made in recorder.of("Container")}
    assert servers == {f"{part}-server" for part in ("database", "broker", "gateway")}
    assert len(recorder.of("Network")) == 2
    assert {made.inputs["name"] for made in recorder.of("SecretBackendRole")} == {"migrator", "reader"}
