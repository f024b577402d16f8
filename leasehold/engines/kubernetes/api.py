"""A connection to the cluster that kubectl reaches from the same shell, and what it answers, as the API has it."""

import json
import os
import ssl
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from ...errors import EngineError, within
from .advice import advice_on, explained

CONNECTS, ANSWERS = 10, 60
"""How long a connection may take to be made, and an answer, in seconds."""

CHOSEN_BY = "KUBECONFIG, or `kubectl config use-context`"
MERGE = "application/merge-patch+json"  # RFC 7386
_DEFAULT = "~/.kube/config"
_IN_CLUSTER = "KUBERNETES_SERVICE_HOST"
_NOT_FOUND, _CONFLICT = 404, 409

Object = dict[str, Any]


class NotThereError(EngineError):
    """There is no such object."""


class ConflictError(EngineError):
    """There is another object of the name, or it is another one by now."""


class Api:
    """The API of one cluster. Each method raises `EngineError` if it cannot be reached, or refuses."""

    def __init__(self, configuration: Any) -> None:
        self.client = client.ApiClient(configuration)
        self.configuration = configuration

    @property
    def where(self) -> str:
        """The address of its API server."""
        return str(self.configuration.host)

    def get(self, path: str, **query: Any) -> Object:
        """Return an object, or a list of objects."""
        found: Object = json.loads(self.request("GET", path, query))
        return found

    def listed(self, path: str, **query: Any) -> list[Object]:
        """Return the objects of a list."""
        return list(self.get(path, **query)["items"])

    def find(self, path: str) -> Object | None:
        """Return an object; None if there is none."""
        try:
            return self.get(path)
        except NotThereError:
            return None

    def create(self, path: str, body: Mapping[str, Any]) -> Object:
        """Create an object."""
        made: Object = json.loads(self.request("POST", path, {}, body))
        return made

    def patch(self, path: str, body: Mapping[str, Any], content_type: str = MERGE) -> Object:
        """Change an object; return it as it stands then."""
        made: Object = json.loads(self.request("PATCH", path, {}, body, content_type))
        return made

    def delete(self, path: str, uid: str = "", grace: int | None = None, *, wait_for_owned: bool = False) -> bool:
        """Delete an object; return False if it was gone already.

        Args:
            path: Where it is.
            uid: Its own: another one of its name stays.
            grace: How long its processes may take to end, in seconds; as it says itself, when not given.
            wait_for_owned: Whether it stays until what it owns, and what holds it back, is gone.
        """
        policy = "Foreground" if wait_for_owned else "Background"
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self.request("DELETE", path, {}, options)
        except (NotThereError, ConflictError):
            return False
        return True

    def request(
        self, method: str, path: str, query: Mapping[str, Any], body: Any = None, content_type: str = "application/json"
    ) -> bytes:
        """Return what the API answers to one request."""
        try:
            answer = self.client.call_api(
                path,
                method,
                query_params=list(query.items()),
                header_params={"Accept": "application/json", "Content-Type": content_type},
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=(CONNECTS, ANSWERS),
            )
            return bytes(answer.data)
        except ApiException as error:
            kind = {_NOT_FOUND: NotThereError, _CONFLICT: ConflictError}.get(error.status, EngineError)
            raise kind(explained(method, path, error.status, status_of(error.body))) from None
        except (urllib3.exceptions.HTTPError, OSError, ssl.SSLError) as error:
            raise EngineError(_unreachable(self.where, error)) from None

    def watch(self, path: str, seconds: int, **query: Any) -> Iterator[Object]:
        """Yield changes of objects as they come, for so many seconds at most."""
        asked = {"watch": "true", "timeoutSeconds": seconds, **query}
        try:
            stream = self.client.call_api(
                path,
                "GET",
                query_params=list(asked.items()),
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=(CONNECTS, seconds + ANSWERS),
            )
        except ApiException as error:
            raise EngineError(explained("WATCH", path, error.status, status_of(error.body))) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise EngineError(_unreachable(self.where, error)) from None
        buffered = b""
        try:
            for piece in stream.stream(amt=None, decode_content=False):
                *lines, buffered = (buffered + piece).split(b"\n")
                yield from (json.loads(line) for line in lines if line.strip())
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise EngineError(_unreachable(self.where, error)) from None
        finally:
            stream.close()
            stream.release_conn()

    def headers(self) -> dict[str, str]:
        """Return what proves who asks, for a request that this client does not make itself."""
        headers: dict[str, str] = {}
        self.client.update_params_for_auth(headers, [], ["BearerToken"])
        return headers


def connect() -> Api:
    """Return the API of the cluster that kubectl reaches: KUBECONFIG, else the user's own file, else, in a Pod, the
    cluster that it runs in.

    Raises:
        EngineError: The shell names none.
    """
    return _connected(os.getpid(), os.environ.get("KUBECONFIG", ""))


def in_cluster(own: Mapping[str, str] = os.environ) -> bool:
    """Return whether the cluster is the one that this process runs in, as a Pod's service account.

    Args:
        own: The user's environment.
    """
    return bool(own.get(_IN_CLUSTER)) and not own.get("KUBECONFIG") and not _has_default()


def variables() -> dict[str, str]:
    """Return environment variables by which another program reaches the same cluster."""
    named = os.environ.get("KUBECONFIG", "")
    return {"KUBECONFIG": named} if named else {}


def status_of(body: Any) -> Object:
    """Return the Status object of an answer (Kubernetes API, Status v1); empty if it is none."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
    try:
        told = json.loads(text)
    except ValueError:
        return {"message": text.strip()} if text.strip() else {}
    return told if isinstance(told, dict) else {}


@lru_cache(maxsize=4)
def _connected(_: int, named: str) -> Api:
    """Return the API, once for each process: a login may ask a program, or a person."""
    configuration = client.Configuration()
    configuration.retries = False  # whoever asks knows better whether to ask again
    try:
        if in_cluster():
            config.load_incluster_config(client_configuration=configuration)
        elif named or _has_default():
            config.load_kube_config(config_file=named or _DEFAULT, client_configuration=configuration)
        else:
            raise EngineError(
                "This shell names no cluster: KUBECONFIG is not set, and there is no ~/.kube/config. Name one by "
                f"{CHOSEN_BY}."
            )
    except config.ConfigException as error:
        raise EngineError(
            f"The cluster cannot be told from the kubeconfig ({error}). Name one by {CHOSEN_BY}."
        ) from None
    return Api(configuration)


def _has_default() -> bool:
    return Path(_DEFAULT).expanduser().exists()


def _unreachable(where: str, error: BaseException) -> str:
    system = next((one for one in within(error) if isinstance(one, OSError) and one.strerror), None)
    timeout = isinstance(error, urllib3.exceptions.TimeoutError)
    # A refused connection is a time that ran out, too, as urllib3 has it: the system's own word comes first.
    cause = system.strerror if system else "no answer in time" if timeout else error
    return f"The cluster's API at {where} does not answer ({cause}). {advice_on('unreachable')}"


def containers_of(pod: Object, kinds: Sequence[str] = ("containerStatuses",)) -> dict[str, Object]:
    """Return the states of a Pod's containers, by name."""
    told = pod.get("status") or {}
    return {one["name"]: one.get("state") or {} for kind in kinds for one in told.get(kind) or ()}
