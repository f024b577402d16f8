"""What runs stand on. A further engine is a folder here that serves the protocol."""
