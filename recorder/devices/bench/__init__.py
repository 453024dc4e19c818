"""A unit on a desk: cameras, microphones and receivers that are fed from files."""
