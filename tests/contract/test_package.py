"""The components as a Pulumi package, for programs in other languages, and as part of the wheel."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from leasehold import Outputs

ROOT = Path(__file__).parents[2]


def camel(name: str) -> str:
    """Return a property's name as Pulumi has it in a package's schema."""
    first, *more = name.split("_")
    return first + "".join(map(str.title, more))


def test_the_package_describes_its_component() -> None:
    host = subprocess.Popen([sys.executable, ROOT / "components", "127.0.0.1:1"], stdout=subprocess.PIPE)
    try:
        assert host.stdout
        with grpc.insecure_channel(f"127.0.0.1:{int(host.stdout.readline())}") as channel:
            answer = provider_pb2_grpc.ResourceProviderStub(channel).GetSchema(provider_pb2.GetSchemaRequest())
    finally:
        host.kill()
        host.wait()
    schema = json.loads(answer.schema)
    component = schema["resources"]["leasehold:index:Environment"]
    assert component["isComponent"]
    assert component["requiredInputs"] == ["roles"]
    assert set(component["properties"]) == {camel(name) for name in Outputs.model_fields}
    run = ("Authority", "Identity", "Image", "Initdb", "Storage")
    access = ("Grant", "Membership", "Policy", "Role", "RowSecurity")
    assert set(schema["types"]) == {f"leasehold:index:{name}Args" for name in run + access}


def test_the_wheel_holds_the_components(tmp_path: Path) -> None:
    build: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        ROOT,
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "leasehold").rglob("*.py")} <= names
    for module in ("outputs", "contract", "components/environment", "components/postgresql/lease_statements"):
        assert f"leasehold/{module}.py" in names
    assert {"leasehold/py.typed", "leasehold/components/py.typed", "leasehold/pulumi/pulumi.sh"} <= names
    assert {"leasehold/denials/sources/read_log.sh", "leasehold/proofs/audit/effective.sql"} <= names
    assert "leasehold/databases/ahead/may_write.sql" in names
    for asset in ("page.html", "page.css", "dom.js", "table.js", "timeline.js", "page.js"):
        assert f"leasehold/reports/assets/{asset}" in names
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    check = "import leasehold.components as c; print(c.Environment.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", check],
        cwd=installed,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "."},
    )
    assert done.stdout == "leasehold.components.environment\n"
