"""What a process that root has started gives up: every capability but the one that sets flags.

Under systemd custody has no other from the beginning; here it makes sure, however it was started.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_CAPSET = {"x86_64": 126, "aarch64": 91}
_VERSION_3 = 0x20080522
_BOUNDING_DROP, _AMBIENT, _AMBIENT_CLEAR_ALL = 24, 47, 4
_LINUX_IMMUTABLE = 9
_LAST = Path("/proc/sys/kernel/cap_last_cap")


def keep_one_capability(*, flags: bool) -> tuple[str, ...]:
    """Give up all but CAP_LINUX_IMMUTABLE, and that too unless `flags`; give what now holds.

    For this thread and all that it will start. Nothing is gained that was not held.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    mine = _permitted() & (1 << _LINUX_IMMUTABLE if flags else 0)
    for number in range(int(_LAST.read_text(encoding="ascii")) + 1):
        if not mine & 1 << number:
            # Only root may: elsewhere no-new-privileges makes the bounding set idle.
            libc.prctl(_BOUNDING_DROP, number, 0, 0, 0)
    libc.prctl(_AMBIENT, _AMBIENT_CLEAR_ALL, 0, 0, 0)
    call = _CAPSET.get(os.uname().machine)
    if call is None:
        return ()
    header = struct.pack("=Ii", _VERSION_3, 0)
    sets = struct.pack("=6I", mine, mine, 0, 0, 0, 0)  # effective, permitted, inheritable; twice
    libc.syscall(call, header, sets)
    return ("capabilities",) if _permitted() == mine else ()


def _permitted() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("CapPrm:"))
    return int(line.split()[1], 16)
