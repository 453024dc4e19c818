"""Where a station's bytes lie: on their way, in the archive, set aside; and how they stay."""
