"""Servers and networks as resources of a Docker-compatible engine."""
