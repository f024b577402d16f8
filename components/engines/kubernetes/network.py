"""A run's networks: its namespace, or the one that was given, and its policies and Services there."""

from typing import Any

import pulumi

from leasehold.contract import GATEWAY, SERVERS
from leasehold.engines.kubernetes.manifests import NAMESPACE_LABELS
from leasehold.engines.kubernetes.names import TERM, given_namespace, metadata_of, namespace_name, part_of
from leasehold.engines.kubernetes.policies import policies
from leasehold.engines.kubernetes.reach import access

from ...declared.run import Run
from ..protocol import Networks
from .reached import reached
from .room import objects_of, room_for, taken_first
from .services import service_spec, services
from .term import owner, term_spec

FIXED = ["metadata.labels", "metadata.annotations"]


def namespaced(name: str, run: Run, opts: pulumi.ResourceOptions) -> Networks:
    """Declare a run's namespace, unless one was given, and what is in it before any Pod.

    See `protocol.Engine.networks`. Nothing of it is made before there is room for all of the run, and whatever is
    handed the networks' name is made after the policies: nothing runs in the namespace without them.
    """
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    labels, annotations = metadata_of(run.labels)
    fixed = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=FIXED))
    given = given_namespace()
    inside = pulumi.Output.from_input(given) if given else _own(name, run, fixed)

    def metadata(part: str, namespace: pulumi.Output[str]) -> Any:
        # Pulumi would wait ten seconds for a server behind a Service, which is made later.
        about = {**annotations, "pulumi.com/skipAwait": "true"}
        return {"name": run.resource(part), "namespace": namespace, "labels": labels, "annotations": about}

    way = access()
    declared, term = policies(run.name, alone=not given), term_spec(run)
    room = room_for(run, objects_of([service_spec(run.name, part, way) for part in SERVERS], len(declared)))
    room.add(TERM, term["template"]["spec"])
    first = pulumi.ResourceOptions(hooks=taken_first(name, room), ignore_changes=[*FIXED, "spec"])
    job = kubernetes.batch.v1.Job(
        f"{name}-term",
        metadata=metadata(TERM, inside),
        spec=_any(term),
        opts=pulumi.ResourceOptions.merge(opts, first),
    )
    roomy = pulumi.Output.all(inside, job.id).apply(lambda known: str(known[0]))
    owners = job.metadata.apply(lambda told: [owner("Job", "batch/v1", _any(told))])

    def owned(part: str) -> Any:
        return {**metadata(part, roomy), "ownerReferences": owners}

    account = kubernetes.core.v1.ServiceAccount(
        f"{name}-account", metadata=owned("account"), automount_service_account_token=False, opts=fixed
    )
    rules = [
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-{part_of(called)}", metadata=owned(part_of(called)), spec=_any(spec), opts=fixed
        )
        for called, spec in declared.items()
    ]
    named = services(name, run, owned, way, fixed)
    made = [account, *rules, *named.values()]
    there = pulumi.Output.all(roomy, *(one.id for one in made)).apply(lambda known: str(known[0]))
    return Networks(there, there, there, there, reached(named[GATEWAY]))


def _own(name: str, run: Run, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Declare the namespace of a run; return its name, once it is there."""
    import pulumi_kubernetes as kubernetes  # noqa: PLC0415 - slow to import

    labels, annotations = metadata_of(run.labels)
    about = {
        "name": namespace_name(run.name),
        "labels": {**labels, **NAMESPACE_LABELS},
        "annotations": annotations,
    }
    made = kubernetes.core.v1.Namespace(f"{name}-namespace", metadata=_any(about), opts=opts)
    there: pulumi.Output[str] = made.metadata.apply(lambda told: str(_any(told)["name"]))
    return there


def _any(value: Any) -> Any:
    return value
