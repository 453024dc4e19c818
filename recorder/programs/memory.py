"""What glibc does with large buffers, which is wrong for a courier and wrong for a lens.

From the first large buffer that is let go it takes buffers of that size out of its heap, and gives
what is above 128 KiB at the heap's end back at once. A chunk would cost its page faults again and
again, which halves the speed (docs/station.md); a picture would leave holes in the heap that
nothing else fills (docs/performance.md).
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
KEPT: Final = {_MMAP_THRESHOLD: 1 << 30, _TRIM_THRESHOLD: 64 << 20, _TOP_PAD: 4 << 20}
LET_GO: Final = {_MMAP_THRESHOLD: 1 << 20}


def keep_buffers() -> None:
    """Keep large buffers in the heap of this process, for the next ones."""
    _tell_glibc(KEPT)


def let_buffers_go() -> None:
    """Map each buffer from 1 MiB on by itself, and give it back when it is let go."""
    _tell_glibc(LET_GO)


def _tell_glibc(options: dict[int, int]) -> None:
    """Set what `mallopt` knows; other C libraries have no such call and need none."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, size_bytes in options.items():
            mallopt(option, size_bytes)
