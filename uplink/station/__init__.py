"""Assemble, verify, store, log, and only then send a receipt."""
