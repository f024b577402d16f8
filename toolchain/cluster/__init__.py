"""A Kubernetes cluster for tests: one that is there, one of kind, k3d or minikube, or a node of our own."""
