"""From letters to complete files: journeys of units, and the worker that takes them."""
