"""Examples of using Leasehold."""
