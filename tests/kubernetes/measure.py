"""What one run costs in a cluster, beside Docker in the same sitting: `python -m tests.kubernetes.measure`.

Run it with nothing else on the cluster: `python -m toolchain cluster run -- python -m tests.kubernetes.measure`. The
API server counts the requests of service accounts apart (priority and fairness), so those of a run's makers are told
from those of the cluster's own programs. `docs/explanation/capacity.md` has what it printed.
"""

import os
import re
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from kubernetes import client, config

from leasehold.contract import ENGINE_VARIABLE, KUBERNETES
from tests.integration.gated import INI
from tests.integration.support import COMMAND, PROJECT, image_of
from toolchain.cluster.choice import chosen
from toolchain.images import IMAGES

from .account import with_printed_rights
from .support import Namespace

ROUNDS = int(os.environ.get("LEASEHOLD_ROUNDS", "3"))
FEW, MANY = 10, 60
"""Tests of two sessions, whose difference is what the tests themselves cost."""

TESTS = """
import pytest
@pytest.mark.parametrize("number", range({tests}))
def test_reading(connect, number):
    with connect("reader") as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
"""
LEASES = """
import statistics, sys, time, leasehold
run, took = leasehold.Run.get(sys.argv[1]), []
for _ in range(20):
    began = time.monotonic()
    lease = run.issuer.lease("reader")
    with lease.connect() as connection:
        connection.execute("SELECT 1")
    took.append(time.monotonic() - began)
print(statistics.median(took))
"""
_METRIC = re.compile(r"^(?P<name>\w+){(?P<labels>[^}]*)} (?P<value>\S+)$")


def requests() -> Counter[str]:
    """Return how many requests the API server has had: of service accounts, commands in Pods, and all."""
    counted = Counter[str]()
    for line in (
        client.ApiClient()
        .call_api("/metrics", "GET", response_type="str", auth_settings=["BearerToken"])[0]
        .splitlines()
    ):
        if not (found := _METRIC.match(line)):
            continue
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"]))
        value = int(float(found["value"]))
        if found["name"] == "apiserver_flowcontrol_dispatched_requests_total":
            counted["its own"] += value * (labels["flow_schema"] == "service-accounts")
        elif found["name"] == "apiserver_request_total":
            counted["commands in Pods"] += value * (labels["subresource"] == "exec")
            counted["all"] += value
    return counted


def used(namespace: str) -> list[str]:
    """Return a line for each container of a run: what it has taken of a processor, and of memory."""
    [node] = client.CoreV1Api().list_node().items
    found: Any = client.ApiClient().call_api(
        f"/api/v1/nodes/{node.metadata.name}/proxy/stats/summary",
        "GET",
        response_type="object",
        auth_settings=["BearerToken"],
    )[0]
    pods = [pod for pod in found["pods"] if pod["podRef"]["namespace"] == namespace]
    return [
        f"{pod['podRef']['name']}, {one['name']}: {one['cpu'].get('usageCoreNanoSeconds', 0) / 1e9:.2f} s processor, "
        f"{one['cpu'].get('usageNanoCores', 0) / 1e6:.1f} m now, {one['memory']['workingSetBytes'] / 2**20:.1f} MiB"
        for pod in pods
        for one in sorted(pod.get("containers", ()), key=lambda one: str(one["name"]))
    ]


def processor() -> float:
    """Return how long processes that this one has started, and that have ended, were on a processor, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Sitting:
    """Runs steps on an engine, and keeps what each took."""

    def __init__(self, engine: str, environment: dict[str, str]) -> None:
        self.engine = engine
        self._environment = {**os.environ, **environment, ENGINE_VARIABLE: engine, "CI": "true"}
        self.took: dict[str, list[float]] = {}
        self.spent: dict[str, list[float]] = {}
        self.asked: dict[str, list[Counter[str]]] = {}

    def step(self, name: str, *words: str, cwd: Path = PROJECT) -> str:
        """Run a command; take its time, its processor's, and the requests that the API server had meanwhile."""
        before, spent, began = requests(), processor(), time.monotonic()
        done = subprocess.run(words, cwd=cwd, env=self._environment, capture_output=True, text=True, check=False)
        self.took.setdefault(name, []).append(time.monotonic() - began)
        self.spent.setdefault(name, []).append(processor() - spent)
        self.asked.setdefault(name, []).append(requests() - before)
        if done.returncode:
            raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def run(self, folder: Path) -> None:
        """Make a run, use it, and end it."""
        name = f"m-{secrets.token_hex(3)}"
        self.step("up", *COMMAND, "up", name)
        told = self.step("20 leases", sys.executable, "-c", LEASES, name)
        self.took.setdefault("a lease, a connection, a query", []).append(float(told))
        for tests in (FEW, MANY):
            (folder / f"test_{tests}.py").write_text(TESTS.format(tests=tests))
            words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--leasehold-run={name}", f"test_{tests}.py"]
            self.step(f"session of {tests} tests", sys.executable, *words, cwd=folder)
        if self.engine == KUBERNETES:
            time.sleep(20)  # two looks of the kubelet's
            print(*used(f"leasehold-{name}"), sep="\n", flush=True)
        self.step("down", *COMMAND, "down", "--wait", name)

    def tell(self) -> None:
        """Print all of it."""
        for name, took in self.took.items():
            asked = [dict(one) for one in self.asked.get(name, ())] if self.engine == KUBERNETES else []
            spent = [round(one, 1) for one in self.spent.get(name, ())]
            print(f"{self.engine}, {name}: {[round(one, 3) for one in took]} s, processor {spent} s {asked}")


def main() -> None:
    """Measure both engines, in turns."""
    config.load_kube_config(os.environ["KUBECONFIG"])
    chosen().load([image_of(one.name) for one in IMAGES], lambda line: None)
    namespace = Namespace(f"t-{secrets.token_hex(4)}", image_of("probe"))
    namespace.create()
    try:
        before = requests()
        time.sleep(30)
        print("the cluster alone, 30 s:", dict(requests() - before), flush=True)
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            (folder / "pytest.ini").write_text(INI)
            with with_printed_rights(namespace.name, folder) as file:
                sittings = [Sitting(KUBERNETES, {"KUBECONFIG": str(file)}), Sitting("docker", {})]
                for _ in range(ROUNDS):
                    for sitting in sittings:
                        sitting.run(folder)
                for sitting in sittings:
                    sitting.tell()
    finally:
        namespace.delete()


if __name__ == "__main__":
    main()
