"""The broker: OpenBao, its configuration, its policies, its mounts and its login methods."""
