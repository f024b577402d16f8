"""Runs that are kept ready: a session that asks for what a keeper keeps gets one at once."""
