"""A world for runs: projects and backends, an engine, and others who have stacks and containers of their own there."""
