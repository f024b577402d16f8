"""Pulumi's mocks: what a program would register, without an engine."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import wait_for_rpcs

STACK = "t-mocked"


@dataclass(frozen=True)
class Registered:
    """One resource as the program registered it, secrets unwrapped."""

    type: str
    name: str
    inputs: dict[str, Any]


@dataclass
class Recorder(mocks.Mocks):
    """Answers with the inputs, and with what only a provider knows."""

    resources: list[Registered] = field(default_factory=list)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.resources.append(Registered(args.typ, args.name, plain(args.inputs)))
        outputs = dict(args.inputs)
        if args.typ.endswith(":RandomPassword"):
            outputs["result"] = f"generated-{args.name}"
        if args.typ.endswith(":Container") and "ports" in outputs:
            outputs["ports"] = [{**port, "external": 40000 + port["internal"]} for port in outputs["ports"]]
        if args.typ.startswith("kubernetes:"):
            outputs["metadata"] = {**outputs["metadata"], "uid": f"uid-of-{args.name}"}
        if args.typ == "kubernetes:core/v1:Service" and outputs["spec"]["type"] == "NodePort":
            ports = [{**port, "nodePort": 25000 + port["port"]} for port in outputs["spec"]["ports"]]
            outputs["spec"] = {**outputs["spec"], "ports": ports}
        if args.typ.endswith(":AuthBackendRole"):
            outputs["roleId"] = f"role-id-of-{args.inputs['roleName']}"
        if args.typ.endswith(":AuthBackendRoleSecretId"):
            outputs["secretId"] = f"secret-id-of-{args.inputs['roleName']}"
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"a component must not call {args.token}")

    def of(self, kind: str) -> list[Registered]:
        """Return what was registered of one kind, such as ``Network``."""
        return [made for made in self.resources if made.type.rpartition(":")[2] == kind]


def plain(value: Any) -> Any:
    """Unwrap secrets, however deep."""
    if rpc.is_rpc_secret(value):
        return plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def run(program: Callable[[], Any], config: dict[str, str] | None = None) -> tuple[Recorder, Any]:
    """Run a program to its end; return what it registered, and its result.

    Everything that it left to `apply` has run by then: an assertion that fails there fails the test.
    """
    asyncio.set_event_loop(asyncio.new_event_loop())
    recorder = Recorder()
    mocks.set_mocks(recorder, project="leasehold", stack=STACK)
    pulumi.runtime.set_all_config(config or {})
    result: list[Any] = []

    async def main() -> None:
        result.append(program())
        await wait_for_rpcs()

    try:
        asyncio.get_event_loop().run_until_complete(main())
    finally:
        settings.reset_options()
    return recorder, result[0]


def known(output: pulumi.Output[Any]) -> Any:
    """Return an output's value, once the program has run.

    Raises:
        Exception: Whatever an `apply` on the way to it raised.
    """
    return asyncio.get_event_loop().run_until_complete(output.future())


def known_secret(output: pulumi.Output[Any]) -> bool:
    """Return whether an output is marked secret."""
    return asyncio.get_event_loop().run_until_complete(output.is_secret())
