"""Keep large buffers mapped: glibc gives every one above 128 KiB back to the kernel at once.

A chunk would then cost its page faults again and again; that halves the speed. The figures are in
docs/station.md.
"""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
MMAP_THRESHOLD_BYTES = 1 << 30
TRIM_THRESHOLD_BYTES = 64 << 20
TOP_PAD_BYTES = 4 << 20


def keep_buffers() -> None:
    """Tell glibc so, for this process; other C libraries have no such call and need none."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)
    mallopt(_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES)
    mallopt(_TOP_PAD, TOP_PAD_BYTES)
