"""Pulumi, as runs use it: stacks, their settings and programs, and its command line."""
