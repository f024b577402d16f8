"""A Docker-compatible engine. No other folder of this package names Docker."""
