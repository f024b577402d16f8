"""Proofs of what a run promises. A further proof is a folder here."""
