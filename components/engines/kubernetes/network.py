"""A run's networks: its namespace, and the policies in it."""

from typing import Any

import pulumi

from leasehold.contract import GATEWAY
from leasehold.engines.kubernetes.manifests import NAMESPACE_LABELS
from leasehold.engines.kubernetes.names import ACCOUNT, metadata_of, namespace_name
from leasehold.engines.kubernetes.policies import policies

from ...declared.run import Run
from ..protocol import Networks
from .service import reached

FIXED = ["metadata.labels", "metadata.annotations"]


def namespaced(name: str, run: Run, opts: pulumi.ResourceOptions) -> Networks:
    """Declare a namespace and its policies; see `protocol.Engine.networks`.

    Whatever is handed the networks' name is made after the policies: nothing runs in the namespace without them.
    """
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    labels, annotations = metadata_of(run.labels)
    fixed = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=FIXED))
    made = kubernetes.core.v1.Namespace(
        f"{name}-namespace",
        metadata=_any(
            {
                "name": namespace_name(run.name),
                "labels": {**labels, **NAMESPACE_LABELS},
                "annotations": annotations,
            }
        ),
        opts=fixed,
    )
    inside = made.metadata.apply(lambda told: str(_any(told)["name"]))

    def metadata(called: str) -> Any:
        about = {**annotations, "pulumi.com/skipAwait": "true"}
        return {"name": called, "namespace": inside, "labels": labels, "annotations": about}

    account = kubernetes.core.v1.ServiceAccount(
        f"{name}-account", metadata=metadata(ACCOUNT), automount_service_account_token=False, opts=fixed
    )
    rules = [
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-{called}", metadata=metadata(called), spec=_any(spec), opts=fixed
        )
        for called, spec in policies().items()
    ]
    way_in = reached(f"{name}-{GATEWAY}", run, inside, opts)
    there = pulumi.Output.all(inside, account.id, *(rule.id for rule in rules)).apply(lambda known: str(known[0]))
    return Networks(there, there, there, there, way_in)


def _any(value: Any) -> Any:
    return value
