"""Servers and networks as resources of a Kubernetes cluster: a run is a namespace."""
