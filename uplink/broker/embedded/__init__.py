"""A small MQTT 5 broker inside our own process, so that a demo needs nothing installed."""
