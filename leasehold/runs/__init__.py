"""Runs by name: created, found, destroyed and swept."""
