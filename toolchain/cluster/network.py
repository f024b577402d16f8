"""The addresses and names of the node: constants, since one machine has one node of ours at most."""

CABLE = "leasehold-k8s"
"""The host's end of the cable between the host and the node. It goes when the node does."""
HOST = "198.19.254.1"
NODE = "198.19.254.2"
CABLE_PREFIX = 30
"""Addresses that no network routes (RFC 2544, for benchmarks), and that no engine picks."""

PODS = "10.244.0.0/16"
PODS_OF_NODE = "10.244.0.0/24"
SERVICES = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
"""Known inside the node's network namespace alone."""

DOMAIN = "cluster.local"
API_PORT = 6443
NODE_NAME = "node"
CGROUP = "leasehold-cluster"
"""Below it are the cgroups of all pods."""
