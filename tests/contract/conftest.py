"""The plugins of the machine, asked directly: does each accept what the components send it?"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from toolchain.versions import PLUGINS, plugin_pin


class Plugin:
    """One plugin, running."""

    def __init__(self, name: str, program: Path) -> None:
        # The engine's address is only for what the plugin logs; nobody listens there.
        self.process = subprocess.Popen([program, "127.0.0.1:1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout
        port = int(self.process.stdout.readline())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.name, self.stub = name, provider_pb2_grpc.ResourceProviderStub(self.channel)

    def check(self, kind: str, inputs: dict[str, Any]) -> list[str]:
        """Return what the plugin has against the inputs of a resource of this type."""
        news = struct_pb2.Struct()
        news.update(inputs)
        urn = f"urn:pulumi:stack::project::{kind}::checked"
        request = provider_pb2.CheckRequest(urn=urn, news=news, randomSeed=bytes(32))
        return [failure.reason for failure in self.stub.Check(request).failures]

    def check_config(self, inputs: dict[str, Any]) -> list[str]:
        """Return what the plugin has against a provider's configuration."""
        news = struct_pb2.Struct()
        news.update(inputs)
        urn = f"urn:pulumi:stack::project::pulumi:providers:{self.name}::checked"
        return [
            failure.reason for failure in self.stub.CheckConfig(provider_pb2.CheckRequest(urn=urn, news=news)).failures
        ]

    def version(self) -> str:
        """Return the version that the plugin says it has."""
        return str(self.stub.GetPluginInfo(empty_pb2.Empty()).version)

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def plugins() -> Iterator[dict[str, Plugin]]:
    home = Path(os.environ.get("PULUMI_HOME", Path.home() / ".pulumi"))
    running = {}
    try:
        for name in PLUGINS:
            program = home / "plugins" / f"resource-{name}-v{plugin_pin(name)}" / f"pulumi-resource-{name}"
            if not program.exists():
                pytest.fail(f"The {name} plugin is missing. Run the tests with `make test`.", pytrace=False)
            running[name] = Plugin(name, program)
        yield running
    finally:
        for plugin in running.values():
            plugin.close()
