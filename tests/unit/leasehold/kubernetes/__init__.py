"""The engine of Kubernetes, without a cluster."""
