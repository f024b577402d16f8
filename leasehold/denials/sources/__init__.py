"""The servers' logs, a module each: where refusals are read."""
