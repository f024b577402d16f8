"""What a large declaration costs: `up` with 50 roles and 500 grants, and the audit of 500 roles and 10,000 objects.

    python -m benchmarks.access_model

`up` is compared with the shop's four roles, in turns in this sitting; the audit stands alone, in seconds and memory.
"""

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pulumi

from components import Environment, RoleArgs
from leasehold import Run
from leasehold.proofs.audit import audit
from stacks.shop.roles import ROLES

ROUNDS = 3
TABLES = 10


def many_roles(number: int, grants: int, login: str) -> list[RoleArgs]:
    """Return an owner, and roles with so many grants together."""
    each = grants // number
    roles: list[RoleArgs] = [{"name": "owner", "owns": ["app"], "connection_limit": 4}]
    for role in range(number):
        tables = [f"t{(role + table) % 1000}" for table in range(each)]
        roles.append(
            {
                "name": f"role_{role}",
                "login": login,
                "grants": [{"schema": "app", "tables": [table], "privileges": ["SELECT"]} for table in tables],
            }
        )
    return roles


def program(roles: list[RoleArgs]) -> Callable[[], None]:
    """Return a program that declares these roles."""

    def declare() -> None:
        for name, output in Environment("environment", {"roles": roles}).outputs.items():
            pulumi.export(name, output)

    return declare


@contextmanager
def up(roles: list[RoleArgs], times: list[float]) -> Iterator[Run]:
    """Give a run; note how long it took to create, in seconds."""
    began = time.monotonic()
    with Run.create(program=program(roles)) as run:
        times.append(time.monotonic() - began)
        yield run


def main() -> None:
    """Measure, and print."""
    shop, large = list[float](), list[float]()
    for _ in range(ROUNDS):
        with up(ROLES, shop):
            pass
        with up(many_roles(50, 500, "dynamic"), large):
            pass
    print(f"up with the shop's roles: {statistics.median(shop):.1f} s (median of {ROUNDS})")
    print(f"up with 50 roles and 500 grants: {statistics.median(large):.1f} s")
    print(f"ratio: {statistics.median(two / one for one, two in zip(shop, large, strict=True)):.2f}")
    crowd = [*many_roles(499, 4990, "none"), {"name": "reader", "member_of": [{"role": "role_1"}]}]
    with up(crowd, []) as run:  # type: ignore[arg-type]
        lease = run.issuer.lease("owner")
        with lease.connect(autocommit=True) as connection:
            began = time.monotonic()
            for schema in range(10_000 // 1000):
                connection.execute(
                    "DO $$ BEGIN FOR n IN 0..999 LOOP EXECUTE format('CREATE TABLE app.t%s (id int)', "
                    f"n + {schema * 1000}); END LOOP; END $$".encode()
                )
            print(f"10,000 tables, 4,990 of their grants on the way: {time.monotonic() - began:.0f} s")
        run.issuer.revoke(lease)
        began = time.monotonic()
        found = audit(run.issuer)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"audit of 500 roles and 10,000 tables: {time.monotonic() - began:.0f} s, {used} MiB at most")
        print("\n".join(found.lines()[:5]) or "clean")


if __name__ == "__main__":
    main()
