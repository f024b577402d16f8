"""Starting a server in its Pod: once its container runs and the namespace's policies hold, its files go in."""

import os
import time
from collections.abc import Mapping

from leasehold.engines.kubernetes.api import Api, connect
from leasehold.engines.kubernetes.execs import run
from leasehold.engines.kubernetes.files import put
from leasehold.engines.kubernetes.names import namespace_of
from leasehold.engines.kubernetes.pods import await_running

from ...servers.start import FOLDER

UNENFORCED = "LEASEHOLD_UNENFORCED_POLICIES"
"""With the value ``allow``, a run is made in a cluster that does not enforce policies, too."""

LIMIT = 120.0
"""How long a container may take to run, in seconds: its image may have to be pulled."""

HOLDS = 15.0
"""How long the policies may take to hold for a new Pod, in seconds."""

PAUSE = 0.2
"""Time between two looks, in seconds."""

# Every Pod is told where the cluster's API is, which no policy of ours lets it reach. It speaks TLS, and tells whoever
# does not so: an answer means that packets have left.
_TRY = """\
request() { printf 'GET / HTTP/1.0\\r\\n\\r\\n'; }
if command -v nc >/dev/null; then
  request | timeout 3 nc -w 1 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" 2>/dev/null
elif command -v bash >/dev/null; then
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$KUBERNETES_SERVICE_HOST/$KUBERNETES_SERVICE_PORT" &&
    printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && head -n 1 <&3' 2>/dev/null
else
  echo cannot
fi
true
"""


def start_server(server: str, files: Mapping[str, str]) -> None:
    """Have a server start.

    Args:
        server: Its physical name.
        files: Content by name, below `FOLDER`; ``start.sh`` is what runs.

    Raises:
        EngineError: Its container does not run, or the files could not be put into it.
        RuntimeError: The cluster does not enforce the policies.
    """
    api, pod = connect(), (namespace_of(server), server)
    await_running(api, pod, LIMIT)
    check_policies(api, pod)
    put(api, pod, FOLDER, {name: (content.encode(), 0o600) for name, content in files.items()}, begin=True)


def check_policies(api: Api, pod: tuple[str, str], limit: float = HOLDS) -> None:
    """Wait until the policies hold for a Pod: some of those who enforce them begin a moment after it runs.

    Args:
        api: The cluster.
        pod: Namespace and name.
        limit: For how long, in seconds.

    Raises:
        RuntimeError: They do not.
    """
    if os.environ.get(UNENFORCED) == "allow":
        return
    ends = time.monotonic() + limit
    while said := _answered(api, pod):
        if said == "cannot":
            raise RuntimeError(
                f"Whether the cluster enforces its policies cannot be tried in Pod {pod[1]}: its image has neither nc "
                f"nor bash. Use one that has, or take it upon yourself with {UNENFORCED}=allow."
            )
        if time.monotonic() > ends:
            raise RuntimeError(
                f"The cluster does not enforce NetworkPolicies: Pod {pod[1]} reaches the cluster's API, which no "
                "policy allows. A run would not be isolated, so none is made. Give the cluster a network plugin that "
                f"enforces them (Calico, Cilium, kube-router), or do without with {UNENFORCED}=allow."
            )
        time.sleep(PAUSE)


def _answered(api: Api, pod: tuple[str, str]) -> str:
    _, said, _ = run(api, pod, ["sh", "-c", _TRY])
    return said.decode(errors="replace").strip()[:20]
