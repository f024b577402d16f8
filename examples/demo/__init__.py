"""The demo: a run by name, what each role may and may not do in it, and nothing left of it."""
