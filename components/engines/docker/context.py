"""Which engine Pulumi's provider works on: the one that the docker command reaches from the same shell."""

import os
from collections.abc import Mapping

import pulumi

from leasehold.engines.docker.endpoint import DEFAULT, EndpointError, endpoint

from ...declared.errors import DeclarationError


def on_context(name: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """Return options by which resources are made on the engine that the docker command reaches.

    Pulumi's provider knows DOCKER_HOST, and of contexts those of DOCKER_CONTEXT that need no certificate; where the
    shell has both, it takes the context, and the docker command takes the host.

    Args:
        name: Logical name of what the resources are part of.
        opts: Its options. A provider of Docker's that they name is left to do it.

    Raises:
        DeclarationError: The shell names an engine that is not there.
    """
    given, own = opts or pulumi.ResourceOptions(), pulumi.Config("docker")
    if own.get("host") or own.get("context") or _has_own(given):
        return opts
    try:
        meant = endpoint()
    except EndpointError as error:
        raise DeclarationError(str(error)) from None
    shell = {name: os.environ.get(name, "") for name in meant.variables()}
    found_anyway = meant.variables() == {**shell, "DOCKER_HOST": shell["DOCKER_HOST"] or DEFAULT}
    if found_anyway and not (meant.context or meant.is_ssh):
        return opts  # the provider finds it by itself, and a stack from before has no provider of its own
    import pulumi_docker as docker  # noqa: PLC0415 - slow to import

    provider = docker.Provider(
        f"{name}-engine",
        host=meant.host,
        context="",
        cert_path=str(meant.certificates or ""),
        ssh_opts=["-o", "BatchMode=yes"] if meant.is_ssh else None,  # nobody is asked: there may be nobody
        opts=pulumi.ResourceOptions(parent=given.parent),
    )
    return pulumi.ResourceOptions.merge(given, pulumi.ResourceOptions(providers=[provider]))


def _has_own(opts: pulumi.ResourceOptions) -> bool:
    """Return whether a program chose a provider of Docker's itself."""
    named = opts.providers.values() if isinstance(opts.providers, Mapping) else opts.providers or []
    inherited = opts.parent.get_provider("docker:index/container:Container") if opts.parent else None
    return inherited is not None or any(one.package == "docker" for one in named)
