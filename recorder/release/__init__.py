"""The only code that may free space, and only against a station's receipt."""
