"""Starting a server in its Pod: once its container runs and the namespace's policies hold, its files go in. One that is
reached by more than its Service is opened a way then."""

from collections.abc import Callable, Mapping

from leasehold.contract import DATABASE_PORT
from leasehold.engines.kubernetes import balancer, forward
from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.enforced import check_policies
from leasehold.engines.kubernetes.files import put
from leasehold.engines.kubernetes.names import namespace_of
from leasehold.engines.kubernetes.pods import NoNodeError, await_running
from leasehold.engines.kubernetes.published import access_of, reached_as
from leasehold.engines.kubernetes.reach import Access

from ...servers.start import FOLDER

LIMIT = 120.0
"""How long a container may take to run, in seconds: its image may have to be pulled."""


def start_server(
    server: str, files: Mapping[str, str], may_wait: Callable[[], bool], tell: Callable[[str], None]
) -> None:
    """Have a server start.

    Args:
        server: Its physical name.
        files: Content by name, below `FOLDER`; ``start.sh`` is what runs.
        may_wait: Returns whether it may wait for a node that has room for longer than a container takes to run.
        tell: Called with what is waited for.

    Raises:
        EngineError: Its container does not run, the cluster does not enforce the policies, the files could not be put
            into it, or the way to it is not open.
    """
    api, pod = connect(), (namespace_of(server), server)

    def on_no_node(why: str) -> None:
        tell(f"waiting for a node with room for Pod {server}: {why}")

    while True:
        try:
            found = await_running(api, pod, LIMIT, on_no_node=on_no_node)
            break
        except NoNodeError:
            if not may_wait():
                raise
    check_policies(api, pod)
    put(api, pod, FOLDER, {name: (content.encode(), 0o600) for name, content in files.items()}, begin=True)
    way, at = access_of(found), reached_as(found, DATABASE_PORT)
    if way is Access.PORT_FORWARD:
        forward.keep(server, found)
    if way is Access.LOAD_BALANCER and at:
        balancer.await_answer(*at)
