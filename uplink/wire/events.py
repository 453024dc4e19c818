"""What a program tells whoever watches: one frozen event, one JSON line.

These lines are for people and for a demo; nothing true lives only here.
"""

import json
from dataclasses import asdict, is_dataclass


def event_line(event: object) -> str:
    """Return one JSON line for a frozen event; `event` holds its class's name."""
    if not is_dataclass(event) or isinstance(event, type):
        raise TypeError(f"{event!r} is no event")
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False)
