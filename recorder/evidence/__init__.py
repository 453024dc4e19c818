"""Words, records, tree, heads, encryption and the verdict: pure, no clock, no disk, no network."""
