"""The run's certificate authority, its servers' certificates, and how they are replaced."""
