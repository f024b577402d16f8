"""What a test costs with a fresh database of its own: Leasehold beside its peers, in turns, on one machine."""
