"""Whom the station knows: its own authority, the roll of units, the broker's door."""
