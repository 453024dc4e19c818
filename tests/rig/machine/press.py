"""Runs inside the machine: moves the bench unit's button. `press.py HOLD_SECONDS`."""

from __future__ import annotations

import json
import socket
import sys
import time

DESK = "/run/shilu-capture/desk.sock"


def main() -> None:
    """Press, hold, let go."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as finger:
        for pressed, hold_seconds in ((True, float(sys.argv[1])), (False, 0.0)):
            wish = json.dumps({"button": "record", "pressed": pressed})
            try:
                finger.sendto(wish.encode(), DESK)
            except (FileNotFoundError, ConnectionRefusedError):
                if pressed:
                    raise
                return  # held so long that the unit has switched itself off
            time.sleep(hold_seconds)


if __name__ == "__main__":
    main()
