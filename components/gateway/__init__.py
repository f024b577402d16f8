"""The gateway: the one way into a run's network."""
