"""As many runs as one small node has room for: each made, used and ended among the others.

`make test-kubernetes` has a small instance; `make test-kubernetes ARGS='-m "kubernetes and soak" -s'` the full one.
"""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from kubernetes import client

from leasehold import Run
from tests.integration.support import PROJECT, inspect_run, leasehold

from .measure import used
from .support import servers_of, there

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]

AT_ONCE = 3
"""How many are made or ended at a time."""
PODS = 3


def made(name: str) -> str:
    done = leasehold("up", name)
    return "" if done.returncode == 0 else f"{name}: {done.stdout}{done.stderr}"


def ended(name: str) -> str:
    done = leasehold("down", "--wait", name)
    return "" if done.returncode in (0, 3) else f"{name}: {done.stdout}{done.stderr}"  # 3: there is none


def has_namespace(name: str) -> bool:
    return there(lambda: client.CoreV1Api().read_namespace(f"leasehold-{name}"))


def answer(name: str) -> int:
    """Take a lease of a run, and ask one question with it."""
    run = Run.get(name, program=PROJECT)
    held = run.issuer.lease("reader")
    with held.connect() as connection:
        row = connection.execute("SELECT 42").fetchone()
    run.issuer.revoke(held)
    assert row is not None
    return int(row[0])


def told(pool: ThreadPoolExecutor, names: Sequence[str]) -> None:
    """Print what all containers of the runs take, and of which each Pod how much."""
    found = [line for lines in pool.map(lambda name: used(f"leasehold-{name}"), names) for line in lines]
    print(*found, sep="\n")


@pytest.mark.parametrize("runs", [3, pytest.param(16, marks=pytest.mark.soak)])
def test_many_runs_at_once(runs: int) -> None:
    names = [f"k-{secrets.token_hex(3)}" for _ in range(runs)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            assert [said for said in pool.map(made, names) if said] == []
            pods = [pod for name in names for pod in servers_of(name)]
            assert [pod.status.phase for pod in pods] == ["Running"] * (PODS * runs)
            with ThreadPoolExecutor(runs) as all_at_once:
                assert list(all_at_once.map(answer, names)) == [42] * runs
            told(pool, names)
        finally:
            assert [said for said in pool.map(ended, names) if said] == []
    assert [name for name in names if has_namespace(name)] == []
    assert [name for name in names if not inspect_run(name).empty] == []
