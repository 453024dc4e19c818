"""Wiring: one module per process, no decisions of its own."""
