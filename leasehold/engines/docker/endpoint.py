"""Which Docker Engine the user's shell means, as the docker command finds it. All that reaches an engine asks here."""

import hashlib
import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import docker

DEFAULT = "unix:///var/run/docker.sock"
"""Where an engine of this host's own answers."""

DEFAULT_TLS = "tcp://localhost:2376"
"""Where the docker command looks for one if the shell asks for TLS and names no host."""

PATIENCE = 30
"""How long an engine on another machine may take to tell its version, in seconds."""

_FILES = ("ca.pem", "cert.pem", "key.pem")


class EndpointError(ConnectionError):
    """The shell names an engine that is not described anywhere, or none that serves a run; says what to do."""


@dataclass(frozen=True)
class Endpoint:
    """Where an engine answers.

    Attributes:
        host: Its address, as in DOCKER_HOST.
        certificates: The folder with `ca.pem`, `cert.pem` and `key.pem`; None without TLS.
        verify: Whether the engine's certificate is verified.
        context: The context that names it; empty if a variable or nothing does.
    """

    host: str
    certificates: Path | None = None
    verify: bool = True
    context: str = ""

    def variables(self) -> dict[str, str]:
        """Return environment variables by which another program reaches the same engine; an empty one counts as unset.

        Pulumi's provider puts DOCKER_CONTEXT before DOCKER_HOST, where the docker command has it the other way round;
        it knows no context but those of the home folder that need no certificate; and it takes a folder of
        certificates for TLS where the docker command does not.
        """
        secured = self.certificates is not None
        return {
            "DOCKER_HOST": self.host,
            "DOCKER_CONTEXT": "",
            "DOCKER_CERT_PATH": str(self.certificates) if secured else "",
            "DOCKER_TLS_VERIFY": "1" if secured and self.verify else "",
        }

    def client(self) -> "docker.DockerClient":
        """Return a client of the engine, once it has told its version.

        Raises:
            docker.errors.DockerException: It does not answer as an engine does.
            requests.RequestException: It does not answer.
        """
        import docker  # noqa: PLC0415 - slow to import
        from docker.constants import DEFAULT_DOCKER_API_VERSION  # noqa: PLC0415 - slow to import

        options: dict[str, Any] = {"base_url": self.host, "tls": self._tls() or False}
        if self.is_ssh:
            from .ssh_transport import PLACEHOLDER  # noqa: PLC0415 - slow to import

            options["base_url"] = PLACEHOLDER
        patience: dict[str, Any] = {} if self.is_here else {"timeout": PATIENCE}
        asks = docker.APIClient(version=DEFAULT_DOCKER_API_VERSION, **patience, **options)
        self._prepare(asks)
        try:
            version = str(asks.version(api_version=False)["ApiVersion"])
        finally:
            asks.close()
        client = docker.DockerClient(version=version, **options)
        self._prepare(client.api)
        return client

    def _prepare(self, client: "docker.APIClient") -> None:
        """Have a client's requests go the way that the docker command's go, whatever else the shell has.

        A bundle of certificates in REQUESTS_CA_BUNDLE would take the place of this engine's own authority (requests,
        Session.merge_environment_settings), and ~/.netrc is for nobody here; proxies are for other hosts.
        """
        import requests  # noqa: PLC0415 - slow to import

        client.trust_env = False
        if self.is_ssh:
            from .ssh_transport import over_ssh  # noqa: PLC0415 - slow to import

            over_ssh(client, self.host)
        elif not self.is_here:
            client.proxies.update(requests.utils.get_environ_proxies(client.base_url))

    @property
    def is_here(self) -> bool:
        """Whether it is reached on this host itself: then no proxy is asked, as the docker command asks none."""
        try:
            local = self.host.startswith(("unix:", "npipe:")) or self.hostname == "localhost"
            return not self.is_ssh and (local or _is_own(self.hostname))
        except ValueError:
            return False

    @property
    def is_ssh(self) -> bool:
        """Whether it is reached over ssh: on another host, whatever that is called."""
        return self.host.startswith("ssh:")

    @property
    def hostname(self) -> str:
        """The host in its address; empty for a socket."""
        return urlsplit(self.host).hostname or ""

    def _tls(self) -> Any:
        from docker.tls import TLSConfig  # noqa: PLC0415 - slow to import

        if self.certificates is None:
            return None
        ca, certificate, key = (self.certificates / name for name in _FILES)
        return TLSConfig(
            client_cert=(str(certificate), str(key)) if certificate.exists() and key.exists() else None,
            ca_cert=str(ca) if ca.exists() else None,
            verify=self.verify,
        )


def endpoint(own: Mapping[str, str] = os.environ) -> Endpoint:
    """Return the engine that the docker command reaches: DOCKER_HOST, else DOCKER_CONTEXT, else the chosen context.

    Args:
        own: The user's environment.

    Raises:
        EndpointError: There is no such context, or it cannot be read.
    """
    folder, host = _folder(own), own.get("DOCKER_HOST")
    name = "default" if host else own.get("DOCKER_CONTEXT") or _chosen(folder)
    if name != "default":
        return _of_context(folder, name)
    verify = bool(own.get("DOCKER_TLS_VERIFY"))
    secured = verify or bool(own.get("DOCKER_TLS"))
    host = host or (DEFAULT_TLS if secured else DEFAULT)
    if not secured or host.startswith(("unix:", "npipe:")):
        return Endpoint(host)
    return Endpoint(host, Path(own.get("DOCKER_CERT_PATH") or folder), verify)


def _of_context(folder: Path, name: str) -> Endpoint:
    """Return what a context describes (docker/cli, cli/context/store: folders are named by the hash of its name)."""
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / key / "meta.json"
    choose = (
        "Choose one that `docker context ls` shows (`docker context use NAME`, or DOCKER_CONTEXT), or name the engine "
        "in DOCKER_HOST."
    )
    try:
        described = json.loads(meta.read_text())["Endpoints"]["docker"]
        host, skip = str(described["Host"]), bool(described.get("SkipTLSVerify"))
    except FileNotFoundError:
        raise EndpointError(f"There is no Docker context {name!r}. {choose}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise EndpointError(f"Docker context {name!r} cannot be read ({meta}). {choose}") from None
    certificates = folder / "contexts" / "tls" / key / "docker"
    return Endpoint(host, certificates if certificates.is_dir() else None, not skip, name)


def _chosen(folder: Path) -> str:
    """Return the context that `docker context use` has chosen. A file that cannot be read chooses none, as there."""
    try:
        return str(json.loads((folder / "config.json").read_text()).get("currentContext") or "default")
    except (OSError, ValueError, AttributeError):
        return "default"


def _folder(own: Mapping[str, str]) -> Path:
    return Path(own.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _is_own(host: str) -> bool:
    address = ipaddress.ip_address(host)
    return address.is_loopback or address.is_unspecified
