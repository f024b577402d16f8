"""The docker command's context: which engine the user works on, where the shell names none."""

import os
from collections.abc import Mapping
from pathlib import Path

import pulumi


def on_context(name: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """Return options by which resources are made on the engine of the context that `docker context use` has chosen.

    Pulumi's provider knows DOCKER_HOST, and of contexts those of DOCKER_CONTEXT that need no certificate.

    Args:
        name: Logical name of what the resources are part of.
        opts: Its options. A provider of Docker's that they name is left to do it.
    """
    from docker.context import ContextAPI  # noqa: PLC0415 - slow to import

    given, own = opts or pulumi.ResourceOptions(), pulumi.Config("docker")
    if os.environ.get("DOCKER_HOST") or own.get("host") or own.get("context") or _has_own(given):
        return opts
    context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
    if context is None or context is ContextAPI.DEFAULT_CONTEXT:
        return opts
    import pulumi_docker as docker  # noqa: PLC0415 - slow to import

    certificate = context.TLSConfig and context.TLSConfig.cert
    provider = docker.Provider(
        f"{name}-engine",
        host=context.Host,
        cert_path=str(Path(certificate[0]).parent) if certificate else None,
        opts=pulumi.ResourceOptions(parent=given.parent),
    )
    return pulumi.ResourceOptions.merge(given, pulumi.ResourceOptions(providers=[provider]))


def _has_own(opts: pulumi.ResourceOptions) -> bool:
    """Return whether a program chose a provider of Docker's itself."""
    named = opts.providers.values() if isinstance(opts.providers, Mapping) else opts.providers or []
    inherited = opts.parent.get_provider("docker:index/container:Container") if opts.parent else None
    return inherited is not None or any(one.package == "docker" for one in named)
