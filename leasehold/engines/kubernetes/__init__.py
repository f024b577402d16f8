"""A Kubernetes cluster: a run is a namespace. No other folder of this package names Kubernetes."""
