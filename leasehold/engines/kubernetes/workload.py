"""Workloads as Pods: a command that joins a run's inner network for a while."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from ...contract import PART_LABEL, RUN_LABEL, resource_name
from ...errors import EngineError
from ..protocol import Running, Workload
from . import files
from .api import Api, Object, connect
from .enforced import check_policies
from .execs import ERROR, OUTPUT, Exec, run
from .hosts import host_aliases, services_of
from .manifests import CONTAINER_SECURITY, POD_OPTIONS, group_file, in_memory, passwd_file, pod_security, until_ended
from .names import (
    GROUP_ANNOTATION,
    INSIDE,
    NETWORK_LABEL,
    PASSWD_ANNOTATION,
    SERVER,
    account_name,
    labels_of,
    metadata_of,
    namespace_name,
)
from .pods import await_running

LIMIT = 120.0
"""How long a Pod may take to run, in seconds: its image may have to be pulled."""

_SIZE = 64  # MiB of memory for files, and for what a command writes to /tmp
_PROCESS = "/leasehold/.process"
_BEGIN = f'echo $$ >{_PROCESS}; exec "$@"'


class _Started:
    """A command in a Pod. See `protocol.Running`."""

    def __init__(self, api: Api, pod: tuple[str, str], workload: Workload) -> None:
        self._api, self._pod = api, pod
        self._exec = Exec(api, pod, ["sh", "-c", _BEGIN, "sh", *workload.command])

    def output(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield what it writes to standard output and standard error, until it ends."""
        try:
            while told := self._exec.receive(None):
                stream, data = told
                yield data if stream == OUTPUT else b"", data if stream == ERROR else b""
        except OSError as error:
            raise EngineError(f"The command in Pod {self._pod[1]} was cut off ({error}).") from None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        run(self._api, self._pod, ["sh", "-c", f"kill -{number} $(cat {_PROCESS})"])

    def wait(self) -> int:
        """Return its exit status once it has ended."""
        for _ in self.output():
            pass
        return self._exec.status or 0

    def close(self) -> None:
        self._exec.close()


@contextmanager
def started(workload: Workload) -> Iterator[Running]:
    """Start a workload; its Pod is removed at the end of the block.

    Raises:
        EngineError: The cluster cannot be reached, has no such image, or no command is named.
    """
    if not workload.command:
        raise EngineError(
            "In a cluster, name the command that is to be run: what an image runs by itself, the cluster does not tell."
        )
    api, namespace = connect(), namespace_name(workload.run)
    name = resource_name(workload.run, f"inside{secrets.token_hex(3)}")
    folders = {str(PurePosixPath(path).parent) for path in workload.files}
    made = api.create(
        f"/api/v1/namespaces/{namespace}/pods",
        pod(
            name,
            workload.image,
            labels_beside(api, workload.run, "inside"),
            folders={"/leasehold", *folders},
            environment=workload.environment,
            aliases=host_aliases(services_of(api, workload.run)),
        ),
    )
    path, where = f"/api/v1/namespaces/{namespace}/pods/{name}", (namespace, name)
    try:
        await_running(api, where, LIMIT)
        check_policies(api, where)  # before it has anything that could leave
        for folder in folders:
            there = {PurePosixPath(path).name: file for path, file in workload.files.items() if _is_in(path, folder)}
            files.put(api, where, folder, {key: (file.content.encode(), file.mode) for key, file in there.items()})
        command = _Started(api, where, workload)
        try:
            yield command
        finally:
            command.close()
    finally:
        api.delete(path, str(made["metadata"]["uid"]), grace=0)


def labels_beside(api: Api, run_name: str, part: str) -> dict[str, str]:
    """Return the labels of what joins a run for a while and is removed with it.

    Raises:
        NotThereError: There is no such run here.
    """
    account = f"/api/v1/namespaces/{namespace_name(run_name)}/serviceaccounts/{account_name(run_name)}"
    return {**labels_of(api.get(account)), PART_LABEL: part}


def pod(
    name: str,
    image: str,
    labels: Mapping[str, str],
    *,
    folders: set[str],
    environment: Mapping[str, str],
    aliases: Sequence[Object] = (),
    network: str = INSIDE,
    script: str = "",
) -> Object:
    """Return a Pod that waits for commands, or runs a script.

    Args:
        name: Its name.
        image: Its image.
        labels: Our labels, the run's among them.
        folders: Where it may be given files, in memory.
        environment: Environment variables.
        aliases: Names that it knows, as the API has them.
        network: Which of the namespace's networks it is on.
        script: What its shell runs.
    """
    user = "workload"
    plain, annotations = metadata_of(labels)
    items = [
        {"path": file, "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
        for file, annotation in (("passwd", PASSWD_ANNOTATION), ("group", GROUP_ANNOTATION))
    ]
    places = {f"files-{number}": folder for number, folder in enumerate(sorted({*folders, "/tmp"}))}  # noqa: S108
    mounts: list[dict[str, Any]] = [{"name": called, "mountPath": folder} for called, folder in places.items()]
    mounts += [{"name": "user", "mountPath": f"/etc/{file}", "subPath": file} for file in ("passwd", "group")]
    container = {
        "name": SERVER,
        "image": image,
        "command": ["/bin/sh", "-c", script or until_ended()],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": mounts,
    }
    about = {**annotations, PASSWD_ANNOTATION: passwd_file(user), GROUP_ANNOTATION: group_file(user)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {**plain, NETWORK_LABEL: network}, "annotations": about},
        "spec": {
            **POD_OPTIONS,
            "serviceAccountName": account_name(labels[RUN_LABEL]),
            "hostAliases": list(aliases),
            "securityContext": pod_security(),
            "containers": [container],
            "volumes": [
                *(in_memory(called, _SIZE) for called in places),
                {"name": "user", "downwardAPI": {"items": items}},
            ],
        },
    }


def _is_in(path: str, folder: str) -> bool:
    return str(PurePosixPath(path).parent) == folder
