"""Events as JSON lines on standard output, one at a time, from any thread."""

import sys
import threading
from collections.abc import Callable
from typing import TextIO

from uplink.wire.events import event_line


def teller(out: TextIO = sys.stdout) -> Callable[[object], None]:
    """Return a function that writes one event as one line and flushes it."""
    lock = threading.Lock()

    def tell(event: object) -> None:
        with lock:
            out.write(event_line(event) + "\n")  # at once: workers share one output
            out.flush()

    return tell


def complain(sentence: str) -> int:
    """Say one sentence on standard error and return the exit code for it."""
    print(sentence, file=sys.stderr, flush=True)
    return 1
