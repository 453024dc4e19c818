"""Topics and messages that travel, strictly parsed."""
