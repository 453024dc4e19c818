"""Holds the pen: appends, encrypts, hashes and signs; it has no way to delete."""
