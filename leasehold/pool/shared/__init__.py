"""Pools that jobs on different machines share, where the engine has locks on runs.

A keeper makes runs and locks each; a session anywhere takes one by changing its lock. From then on it holds the run: it
renews the lock for as long as it lives, and ends the run. A run whose lock is not renewed is ended by whoever sees it.
"""
