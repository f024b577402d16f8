"""A second Docker Engine on this machine, with a network of its own: it can be stopped and killed, and told apart."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import ClassVar

import docker
import psutil
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .support import PARTS, PROJECT, image_of, name_of, until


@dataclass
class SecondEngine:
    """The engine.

    Attributes:
        folder: All that it keeps. Its path is short: that of a socket below it may have 107 characters.
        network: The process that holds its network.
        way: The two ends of the way between this machine's network and its own.
        options: More options of dockerd's.
    """

    folder: Path
    network: subprocess.Popen[bytes]
    way: tuple[IPv4Address, IPv4Address]
    options: list[str] = field(default_factory=list)
    _daemon: subprocess.Popen[bytes] | None = None
    tools: ClassVar[tuple[str, ...]] = ("dockerd", "unshare", "nsenter", "ip")

    @property
    def host(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    @property
    def address(self) -> str:
        """Its address on the way between its network and this machine's."""
        return str(self.way[1])

    @property
    def configuration(self) -> Path:
        """A DOCKER_CONFIG for it."""
        return self.folder / "config"

    @property
    def inside(self) -> list[str]:
        """Begins a command that runs in its network, where what it publishes is reached."""
        return ["nsenter", f"--net=/proc/{self.network.pid}/ns/net"]

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(self.host, timeout=900)

    def start(self) -> None:
        folders = [f"--{name}={self.folder}/{name}" for name in ("data-root", "exec-root", "pidfile")]
        with (self.folder / "log").open("ab") as log:
            command = [*self.inside, "dockerd", "--host", self.host, *folders, *self.options]
            self._daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self._answers)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self._daemon
        self._daemon.send_signal(how)  # nsenter has become dockerd itself
        self._daemon.wait()
        until(lambda: not any(name_of(one) == "containerd" for one in _processes(self.folder)))
        # It may be a zombie for a while, and the next dockerd would take it for alive and wait for it.
        (self.folder / "exec-root" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def run(self, *words: str, shell: Mapping[str, str], inside: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command by a shell that names this engine.

        Args:
            words: The command.
            shell: What the shell names it with.
            inside: Whether in its network.
        """
        command = [*self.inside, *words] if inside else list(words)
        return subprocess.run(command, cwd=PROJECT, env=self.shell(shell), capture_output=True, text=True, check=False)

    def shell(self, shell: Mapping[str, str]) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
        return {**own, "DOCKER_CONFIG": str(self.configuration), **shell}

    def names(self) -> list[str]:
        client = self.client()
        try:
            return sorted(str(one.name) for one in client.containers.list(all=True, ignore_removed=True))
        finally:
            client.close()

    def _answers(self) -> bool:
        assert self._daemon
        assert self._daemon.poll() is None, (self.folder / "log").read_text()[-3000:]
        try:
            client = self.client()
            client.close()
        except (docker.errors.DockerException, requests.RequestException):
            return False
        return True


@contextmanager
def second_engine(*options: str, kind: type[SecondEngine] = SecondEngine) -> Iterator[SecondEngine]:
    """Give a second engine, which has the images of a run's servers and of its probe; skip where none can be started.

    Args:
        options: More options of dockerd's, in which ``{address}`` stands for its address, and ``{folder}`` for a folder
            with certificates for that address and for loopback.
        kind: Which engine it is.
    """
    if os.geteuid() != 0 or not all(map(shutil.which, kind.tools)):
        pytest.skip("a second engine needs root, and " + ", ".join(kind.tools))
    folder = Path(tempfile.mkdtemp(prefix="lsh-"))
    hold = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep infinity"]
    network = subprocess.Popen(hold, stdout=subprocess.PIPE)
    assert network.stdout
    assert network.stdout.readline() == b"ready\n"
    engine = kind(folder, network, _way(network.pid))
    engine.options += [one.format(address=engine.address, folder=folder / "tls") for one in options]
    engine.configuration.mkdir()
    try:
        write_certificates(folder / "tls", engine.address)
        engine.start()
        _load_images(engine)
        yield engine
    finally:
        with suppress(AssertionError):
            engine.end()
        _clear(folder, network.pid)
        network.wait()  # its network goes with it, and so does the way


def _way(network: int) -> tuple[IPv4Address, IPv4Address]:
    """Make a way between this machine's network and a process's own; return the addresses of its two ends.

    They are of a range for tests between networks (RFC 2544), which nothing else here uses.
    """
    place = secrets.randbelow(2**15)
    near, far = (IPv4Address("198.18.0.0") + 4 * place + end for end in (1, 2))
    name = f"lsh{place}"
    for words in (
        ["ip", "link", "add", name, "type", "veth", "peer", "name", "way", "netns", str(network)],
        ["ip", "address", "add", f"{near}/30", "dev", name],
        ["ip", "link", "set", name, "up"],
        ["nsenter", f"--net=/proc/{network}/ns/net", "ip", "address", "add", f"{far}/30", "dev", "way"],
        ["nsenter", f"--net=/proc/{network}/ns/net", "ip", "link", "set", "way", "up"],
    ):
        subprocess.run(words, check=True)
    return near, far


def write_certificates(folder: Path, *addresses: str) -> None:
    """Write a certificate that vouches for itself, for both ends of TLS, as the docker command names it.

    Args:
        folder: It is made.
        addresses: Where the engine is, beside loopback.
    """
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "engine")])
    made = datetime.now(UTC)
    ends, number = made + timedelta(days=1), x509.random_serial_number()
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    names = [x509.IPAddress(ip_address(one)) for one in ("127.0.0.1", *addresses)]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), number, made, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    (folder / "ca.pem").write_bytes(certificate)
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _load_images(engine: SecondEngine) -> None:
    first, second = docker.from_env(timeout=900), engine.client()
    try:
        for part in (*PARTS, "probe"):
            packed = first.api.get_image(image_of(part))
            for _ in second.api.load_image(packed):  # type: ignore[no-untyped-call] # so in its stubs
                pass
    finally:
        first.close()
        second.close()


def _processes(folder: Path) -> list[psutil.Process]:
    """Return the living processes that were started with a folder."""
    every = psutil.process_iter(["cmdline"])
    return [one for one in every if any(str(folder) in word for word in one.info["cmdline"] or ())]


def _within(network: int) -> list[psutil.Process]:
    """Return the living processes in a process's network, itself among them."""

    def of(process: int) -> int | None:
        with suppress(OSError):
            return Path(f"/proc/{process}/ns/net").stat().st_ino
        return None

    shared = of(network)
    return [one for one in psutil.process_iter() if shared is not None and of(one.pid) == shared]


def _clear(folder: Path, network: int) -> None:
    """End what a killed engine left (containerd, what holds its containers, a name server), and its network; remove all
    that it kept."""
    for process in (*_processes(folder), *_within(network)):
        with suppress(psutil.Error):
            process.kill()
            process.wait(10)
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        if (place := line.split()[1]).startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)
