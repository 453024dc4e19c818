"""Adapters to real sensors, and the tape-fed stand-ins of the bench."""
