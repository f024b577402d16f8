"""Whether the policies of a namespace hold for a Pod: some of those who enforce them begin a moment after it runs, and
some clusters have nobody who does."""

import os
import time

from ...errors import EngineError
from .api import Api
from .execs import run

UNENFORCED = "LEASEHOLD_UNENFORCED_POLICIES"
"""With the value ``allow``, a run is made in a cluster that does not enforce policies, too."""

HOLDS = 15.0
"""How long the policies may take to hold for a new Pod, in seconds."""

PAUSE = 0.2
"""Time between two looks, in seconds."""

# Every Pod is told where the cluster's API is, which no policy of ours lets it reach. A connection means that packets
# have left; kernels make it, however busy the API is. The API speaks TLS, and tells whoever does not so: nc would wait
# for more otherwise. It ends with 1 where there is no connection.
_TRY = """\
request() { printf 'GET / HTTP/1.0\\r\\n\\r\\n'; }
if command -v nc >/dev/null; then
  request | timeout 3 nc -w 1 "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" 2>/dev/null
  [ "$?" -eq 1 ] || echo reached
elif command -v bash >/dev/null; then
  timeout 3 bash -c 'exec 3<>"/dev/tcp/$KUBERNETES_SERVICE_HOST/$KUBERNETES_SERVICE_PORT" && echo reached' 2>/dev/null
else
  echo cannot
fi
true
"""


def check_policies(api: Api, pod: tuple[str, str], limit: float = HOLDS) -> None:
    """Wait until the policies hold for a Pod.

    Args:
        api: The cluster.
        pod: Namespace and name.
        limit: For how long, in seconds.

    Raises:
        EngineError: They do not.
    """
    if os.environ.get(UNENFORCED) == "allow":
        return
    ends = time.monotonic() + limit
    while said := _answered(api, pod):
        if said == "cannot":
            raise EngineError(
                f"Whether the cluster enforces its policies cannot be tried in Pod {pod[1]}: its image has neither nc "
                f"nor bash. Use one that has, or take it upon yourself with {UNENFORCED}=allow."
            )
        if time.monotonic() > ends:
            raise EngineError(
                f"The cluster does not enforce NetworkPolicies: Pod {pod[1]} reaches the cluster's API, which no "
                "policy allows. A run would not be isolated, so none is made. Give the cluster a network plugin that "
                f"enforces them (Calico, Cilium, kube-router), or do without with {UNENFORCED}=allow."
            )
        time.sleep(PAUSE)


def _answered(api: Api, pod: tuple[str, str]) -> str:
    _, said, _ = run(api, pod, ["sh", "-c", _TRY])
    return said.decode(errors="replace").strip()[:20]
