"""Runs that are held by a living process, where the engine has locks on runs.

Whoever holds a run renews its lock. A run whose lock is not renewed any more is ended by whoever sees that, on whatever
machine.
"""
