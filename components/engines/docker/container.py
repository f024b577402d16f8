"""How every container of a run is made: labelled, with a term, and with no more rights than it needs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_docker as docker

from ...declared.run import Run
from ...servers.start import EXPIRES, FOLDER, SCRIPT

# The labels and the term are those of the first `pulumi up`: a second one neither prolongs a run nor changes it.
FIXED = ["labels", "envs"]


def run_container(
    name: str,
    run: Run,
    *,
    part: str,
    image: pulumi.Input[str],
    user: str,
    files: Mapping[str, pulumi.Input[str]],
    networks: Sequence[docker.ContainerNetworksAdvancedArgs],
    opts: pulumi.ResourceOptions,
    **settings: Any,
) -> docker.Container:
    """Declare one container of the run.

    Args:
        name: The resource's logical name.
        run: The run it belongs to.
        part: Its part of the run, in the container's name.
        image: The image's name.
        user: The user in the image that it runs as.
        files: Content by file name, uploaded to `FOLDER`; ``start.sh`` is what runs.
        networks: The networks it is on.
        opts: Parent, hooks and whatever else the caller needs.
        settings: More arguments of ``docker.Container``.
    """
    return docker.Container(
        name,
        name=run.resource(part),
        image=image,
        user=user,
        entrypoints=["/bin/sh", SCRIPT],
        envs=[f"{EXPIRES}={run.expires}"],
        labels=[docker.ContainerLabelArgs(label=key, value=value) for key, value in run.labels.items()],
        networks_advanced=networks,
        uploads=[
            docker.ContainerUploadArgs(file=f"{FOLDER}/{file}", content=content) for file, content in files.items()
        ],
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges"],
        # Docker's resolver would look outside names up from the host's network, past the network's isolation
        # (CVE-2024-29018); with an upstream inside the container's own network there is nobody to ask.
        dns=["127.0.0.1"],
        dns_opts=["timeout:1", "attempts:1"],  # a dead container's name is unknown soon, not after 20 s
        # What a server prints beside its log, which it writes into files of its own.
        log_driver="local",
        log_opts={"max-size": "20m", "max-file": "5", "compress": "false"},
        restart="no",
        must_run=False,  # a container that ended at its term is no reason for a diff
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=FIXED)),
        **settings,
    )
