"""`python -m leasehold.cli` is `leasehold`."""

from .app import main

main()
