"""The rules of `make lint` about who imports whom: each fails when one line breaks it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BROKEN = {
    "Rooms of leasehold": ("leasehold/leases/issuer.py", "from ..runs import names"),
    "The components know of leasehold": ("components/network.py", "from leasehold.errors import RunError"),
    "leasehold knows an environment by its outputs": ("leasehold/outputs.py", "import pulumi_vault"),
    "Rooms of the components": ("components/postgresql/scram.py", "from ..gateway import gateway"),
    "Docker is named in the engine's room": ("leasehold/runs/sweep.py", "import docker"),
    "Docker is named in the components' engine room": ("components/network.py", "import pulumi_docker"),
    "Kubernetes is named in the engine's room": ("leasehold/runs/sweep.py", "import kubernetes"),
    "Kubernetes is named in the components' engine room": ("components/network.py", "import pulumi_kubernetes"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the rules are about."""
    made = tmp_path_factory.mktemp("copy")
    for folder in ("leasehold", "components", "stacks"):
        shutil.copytree(ROOT / folder, made / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", made)
    return made


def check(folder: Path) -> str:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_the_code_keeps_the_rules(copy: Path) -> None:
    assert f"Contracts: {len(BROKEN)} kept, 0 broken." in check(copy)


@pytest.mark.parametrize("rule", BROKEN)
def test_one_line_breaks_a_rule(copy: Path, rule: str) -> None:
    file, line = BROKEN[rule]
    path = copy / file
    before = path.read_text()
    path.write_text(f"{before}\n{line}\n")
    try:
        told = check(copy)
    finally:
        path.write_text(before)
    assert [line for line in told.splitlines() if line.startswith(rule) and " BROKEN" in line], told


def test_an_engines_words_stand_in_its_rooms_alone() -> None:
    """The rows that name the engines, and the protocols that say who serves them, may say their names."""
    sources = [path for folder in ("leasehold", "components") for path in (ROOT / folder).rglob("*.py")]
    importing = {path.parent for path in sources if re.search(r"^\s*import (pulumi_)?docker\b", path.read_text(), re.M)}
    docker, kubernetes = (
        {ROOT / folder / "engines" / name for folder in ("leasehold", "components")}
        for name in ("docker", "kubernetes")
    )
    assert importing == docker
    elsewhere = [path for path in sources if path.parent not in docker | kubernetes]
    assert [path for path in elsewhere if re.search(r"container|image digest|log.driver", path.read_text(), re.I)] == []
    named = [path.name for path in sources if path.parent not in docker and "docker" in path.read_text().lower()]
    assert sorted(named) == ["contract.py", "current.py", "current.py", "protocol.py", "protocol.py"]
