"""What the node consists of, built once for each content: Kubernetes and CoreDNS by Go, the rest from Debian."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from leasehold import paths

from .. import images
from ..errors import SetupError
from ..findings import Finding, Part, Say
from ..gobuild import check_go, content_key, go_build, once
from ..processes import apt_install, is_debian_root, run
from ..versions import ROOT, go_pin
from . import dns, tarball
from .configuration import PAUSE

MODULES = ROOT / "toolchain" / "kubernetes"
COMPONENTS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-router",
    "kube-scheduler",
    "kubectl",
    "kubelet",
)
PACKAGES = (
    "busybox-static",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "etcd-server",
    "ipset",
    "iproute2",
    "iptables",
    "mount",
    "runc",
    "tini",
    "util-linux",
)
_FILES = {"etc/hosts": "127.0.0.1 localhost\n", "etc/resolv.conf": "", "etc/passwd": "root:x:0:0::/root:/bin/sh\n"}
"""Files of the root that no package has, and that containerd reads."""
_TABLES = ("iptables", "ip6tables")
_VERSION = "k8s.io/component-base/version"
_REMEDY = (
    "Kubernetes is built from pinned Go modules for a cluster of our own. Install Go (https://go.dev/doc/install), or "
    "put kind, k3d or minikube on PATH, or name a cluster with KUBECONFIG and `CLUSTER=kubeconfig`."
)


def kube() -> Path:
    """Return the folder of Kubernetes' programs, built or not."""
    return _folder("kube", content_key([MODULES / "kube"]))


def coredns() -> Path:
    """Return the folder of CoreDNS, built or not."""
    return _folder("coredns", content_key([MODULES / "coredns"]))


def system() -> Path:
    """Return the folder of the node's root file system, there or not."""
    return _folder("system", content_key([], images.suite(), *PACKAGES, repr(_FILES)))


def version() -> str:
    """Return the version of Kubernetes that the module pins."""
    lines = (MODULES / "kube" / "go.mod").read_text().splitlines()
    return next(line.split()[2] for line in lines if line.startswith("require k8s.io/kubernetes "))


def parts() -> list[Part]:
    """Return what a node of our own needs, in the order in which it is put in place."""
    return [
        Part(
            "Kubernetes",
            "is the node, and its API",
            "builds it (10 min on two cores)",
            lambda: _find(kube(), version()),
            lambda say: _provide(kube(), say, _build_kube),
        ),
        Part(
            "CoreDNS",
            "resolves the names of services",
            "builds it (10 s after Kubernetes)",
            lambda: _find(coredns(), coredns().name),
            lambda say: _provide(coredns(), say, _build_coredns),
        ),
        Part(
            "the node's system",
            "has containerd, etcd and iptables apart from this machine's",
            "unpacks Debian packages (20 s)",
            lambda: _find(system(), system().name),
            lambda say: _provide(system(), say, _unpack_system),
        ),
    ]


def _folder(name: str, key: str) -> Path:
    return paths.cache() / "cluster" / name / key


def _find(folder: Path, said: str) -> Finding:
    return Finding("ok", said, str(folder)) if folder.exists() else Finding("missing", mend="make test-kubernetes")


def _provide(folder: Path, say: Say, build: Callable[[Path, Say], None]) -> None:
    if not is_debian_root():
        raise SetupError(
            "Only root on Debian can start a cluster of our own. Put kind, k3d or minikube on PATH, or name a cluster "
            "with KUBECONFIG and `CLUSTER=kubeconfig`."
        )
    once(folder, lambda target: build(target, say))


def _build_kube(target: Path, say: Say) -> None:
    module = MODULES / "kube"
    check_go(go_pin((module / "go.mod").read_text()), _REMEDY)
    say("building the API server, the kubelet and five more as one program (10 min on two cores)")
    number = version()
    major, minor, _ = number.removeprefix("v").split(".")
    flags = f"-X {_VERSION}.gitVersion={number} -X {_VERSION}.gitMajor={major} -X {_VERSION}.gitMinor={minor}"
    go_build(module, ".", target / "kube", flags, c=True)
    for component in COMPONENTS:
        (target / component).symlink_to("kube")


def _build_coredns(target: Path, say: Say) -> None:
    module = MODULES / "coredns"
    check_go(go_pin((module / "go.mod").read_text()), _REMEDY)
    say("building it with the plugins that are used (10 s after Kubernetes, which has compiled most of it)")
    # In C as Kubernetes is, so that what that has compiled is used again; linked statically, for an empty image.
    go_build(module, ".", target / "coredns", "-linkmode external -extldflags -static", c=True)
    tarball.write(target / "coredns.tar", dns.IMAGE, {"coredns": target / "coredns"}, ["/coredns"])


def _unpack_system(target: Path, say: Say) -> None:
    if not shutil.which("mmdebstrap"):
        apt_install("mmdebstrap")
    say("unpacking Debian packages (20 s)")
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "system.tar"
        run(["mmdebstrap", "--variant=extract", f"--include={','.join(PACKAGES)}", images.suite(), archive])
        run(["tar", "--extract", "--file", archive, "--directory", target, "--exclude=./dev/*"])
    for table in _TABLES:  # what the packages' scripts, which were not run, choose among
        for word in ("", "-save", "-restore"):
            (target / "usr/sbin" / f"{table}{word}").symlink_to("xtables-nft-multi")
    for folder in ("etc/kubernetes", "opt/kube", "opt/coredns", "proc", "sys", "dev", "run", "tmp", "root", "mnt"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    for path, text in _FILES.items():
        (target / path).write_text(text)
    busybox = next(path for path in (target / "bin/busybox", target / "usr/bin/busybox") if path.exists())
    tarball.write(target / "pause.tar", PAUSE, {"sleep": busybox}, ["/sleep", "infinity"])
