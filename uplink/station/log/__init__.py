"""The station's public log: entries, tiles, heads, witnesses, time-stamps."""
