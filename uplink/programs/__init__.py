"""Wiring of the courier, the station and the witness."""
