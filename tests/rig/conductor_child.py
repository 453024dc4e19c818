"""The real conductor, with gpiozero's own mock pins for pins; words on standard input move them.

A word is a pin and the levels it goes through, 2 ms apart: `17 0` presses the button on pin 17,
`17 1` lets it go, `17 0 1 0 1 0` presses one that bounces. As on a unit, handlers are called on the
thread that drives the pin.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

from gpiozero.pins.mock import MockFactory

from recorder.programs.conductor import main

BOUNCE_SECONDS = 0.002


def drive(pins: MockFactory) -> None:
    for line in sys.stdin:
        number, *levels = line.split()
        pin = pins.pin(int(number))
        for level in levels:
            pin.drive_high() if level == "1" else pin.drive_low()
            time.sleep(BOUNCE_SECONDS)


if __name__ == "__main__":
    with contextlib.suppress(PermissionError):
        os.nice(-10)  # as its service has it; the lens it starts inherits it
    factory = MockFactory()
    threading.Thread(target=drive, args=(factory,), name="fingers", daemon=True).start()
    sys.exit(main(sys.argv[1:], factory))
