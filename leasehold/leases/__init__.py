"""Leases: logins to the broker, and the credentials that it issues, renews, revokes and rotates."""
