"""The moments between two durable effects, named, so that a test can end the process there."""

from collections.abc import Callable

Step = Callable[[str], None]


def no_step(_name: str) -> None:
    """Go on; this is what a station in service does."""
