"""The two-minute story of docs/demo.md, with real parts all the way; only the sensors are tapes."""
