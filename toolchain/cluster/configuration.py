"""What the node's programs read: data that becomes files. JSON is YAML, so all of them are written as JSON."""

import base64
import json
from typing import Any

from .authority import Pair
from .network import CGROUP, DNS_SERVICE, DOMAIN, PODS, PODS_OF_NODE

ETC = "/etc/kubernetes"
"""Where the node has these files."""
CONTAINERD = "/run/containerd/containerd.sock"
PAUSE = "localhost/pause:1"


def kubeconfig(server: str, authority: bytes, user: Pair) -> str:
    """Return how a client reaches the API server, and as whom.

    Args:
        server: URL of the API server.
        authority: The certificate that the server's is signed with.
        user: Key and certificate of the user.
    """
    return _text(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "leasehold", "cluster": {"server": server, "certificate-authority-data": _base64(authority)}}
            ],
            "users": [
                {
                    "name": "admin",
                    "user": {
                        "client-certificate-data": _base64(user.public),
                        "client-key-data": _base64(user.key),
                    },
                }
            ],
            "contexts": [{"name": "leasehold", "context": {"cluster": "leasehold", "user": "admin"}}],
            "current-context": "leasehold",
        }
    )


def pod_network() -> str:
    """Return the CNI configuration: a cable a pod, routed by the node."""
    return _text(
        {
            "cniVersion": "1.0.0",
            "name": "pods",
            "plugins": [
                {
                    "type": "ptp",
                    "mtu": 1500,
                    "ipam": {
                        "type": "host-local",
                        "ranges": [[{"subnet": PODS_OF_NODE}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": True}},
            ],
        }
    )


def containerd() -> str:
    """Return containerd's configuration.

    `restrict_oom_score_adj`: a machine without CAP_SYS_RESOURCE may not lower the score of a process.
    """
    return f"""\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{ETC}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
"""


def kubelet() -> str:
    """Return the kubelet's configuration. `oomScoreAdj`: as for containerd."""
    return _text(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{CGROUP}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": f"{ETC}/ca.crt"},
            },
            "authorization": {"mode": "Webhook"},
            "clusterDNS": [DNS_SERVICE],
            "clusterDomain": DOMAIN,
            "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%"},
            "imageGCHighThresholdPercent": 100,
            "resolvConf": "",
            "oomScoreAdj": 0,
            "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        }
    )


def kube_proxy() -> str:
    """Return kube-proxy's configuration. The limits of connection tracking are the whole machine's, so they stay."""
    return _text(
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": f"{ETC}/admin.conf"},
            "mode": "iptables",
            "clusterCIDR": PODS,
            "oomScoreAdj": 0,
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
            "nodePortAddresses": ["primary"],
        }
    )


def _text(value: Any) -> str:
    return json.dumps(value, indent=1)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
