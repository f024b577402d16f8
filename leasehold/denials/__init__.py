"""Refusals by the run's servers: collected from their logs, attributed to tests, judged."""
