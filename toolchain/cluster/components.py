"""The command lines of the node's programs."""

from .configuration import CONTAINERD, ETC
from .network import API_PORT, NODE, NODE_NAME, PODS, SERVICES

_STORE = "http://127.0.0.1:2379"
_PEER = "http://127.0.0.1:2380"
_ADMIN = f"--kubeconfig={ETC}/admin.conf"

CTR = ["ctr", "--address", CONTAINERD, "--namespace", "k8s.io"]
"""containerd's client, in the namespace of the kubelet's images."""
KUBECTL = ["kubectl", _ADMIN, "--cache-dir=/tmp/kubectl"]

ETCD = [
    "etcd",
    "--data-dir=/var/lib/etcd",
    "--unsafe-no-fsync",  # what is stored lives no longer than the process
    f"--listen-client-urls={_STORE}",
    f"--advertise-client-urls={_STORE}",
    f"--listen-peer-urls={_PEER}",
    f"--initial-advertise-peer-urls={_PEER}",
    f"--initial-cluster=default={_PEER}",
]
RUNTIME = ["containerd", "--config", f"{ETC}/containerd.toml"]
# Without the preferred address type, exec and logs wait for a name that nothing resolves.
API_SERVER = [
    "kube-apiserver",
    f"--etcd-servers={_STORE}",
    "--bind-address=0.0.0.0",
    f"--secure-port={API_PORT}",
    f"--advertise-address={NODE}",
    f"--tls-cert-file={ETC}/api.crt",
    f"--tls-private-key-file={ETC}/api.key",
    f"--client-ca-file={ETC}/ca.crt",
    "--allow-privileged=true",
    "--anonymous-auth=false",
    f"--service-account-key-file={ETC}/accounts.pub",
    f"--service-account-signing-key-file={ETC}/accounts.key",
    "--service-account-issuer=https://kubernetes.default.svc",
    f"--service-cluster-ip-range={SERVICES}",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    f"--kubelet-client-certificate={ETC}/admin.crt",
    f"--kubelet-client-key={ETC}/admin.key",
    "--kubelet-preferred-address-types=InternalIP",
]
CONTROLLERS = [
    "kube-controller-manager",
    _ADMIN,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    f"--root-ca-file={ETC}/ca.crt",
    f"--service-account-private-key-file={ETC}/accounts.key",
    f"--cluster-signing-cert-file={ETC}/ca.crt",
    f"--cluster-signing-key-file={ETC}/ca.key",
    "--use-service-account-credentials=true",
    "--allocate-node-cidrs=true",
    f"--cluster-cidr={PODS}",
    f"--service-cluster-ip-range={SERVICES}",
]
SCHEDULER = ["kube-scheduler", _ADMIN, "--leader-elect=false", "--bind-address=127.0.0.1"]
KUBELET = [
    "kubelet",
    _ADMIN,
    f"--config={ETC}/kubelet.json",
    f"--hostname-override={NODE_NAME}",
    f"--node-ip={NODE}",
]
PROXY = ["kube-proxy", f"--config={ETC}/kube-proxy.json", f"--hostname-override={NODE_NAME}"]
POLICIES = [
    "kube-router",
    _ADMIN,
    f"--hostname-override={NODE_NAME}",
    f"--service-cluster-ip-range={SERVICES}",
    "--iptables-sync-period=1m",
]
"""Enforces NetworkPolicies."""
