"""What all servers of a run have in common: how they start, where they log, when they are ready."""
