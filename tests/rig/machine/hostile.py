"""Runs inside the machine in the place of a service: tries what nobody may, and tells what came.

`systemd-run` gives it the very sandbox of a unit. It prints one JSON object, name → what the
kernel answered ("done", or the name of the error).
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STATE = Path("/var/lib/shilu")
SPOOL = STATE / "spool"
_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_USER_NAMESPACE = 0x10000000
_SHIFT_BY_AN_OFFSET = 1


def main() -> None:
    """Try everything that the arguments name, or all."""
    tries: dict[str, Callable[[], object]] = {
        "list the spool": lambda: list((SPOOL / "media").iterdir()),
        "read the film": lambda: film().read_bytes(),
        "write to the film": lambda: film().open("ab"),
        "shorten the film": lambda: os.truncate(film(), 0),
        "rename the film": lambda: film().rename(film().with_suffix(".gone")),
        "unlink the film": lambda: film().unlink(),
        "add to the spool": name(1).touch,
        "fill the spool": lambda: name(1).write_bytes(b"x"),
        "lay a folder in the spool": name(2).mkdir,
        "lay a socket in the spool": lambda: lay_a_socket(name(3)),
        "name an attribute of the spool": lambda: os.setxattr(SPOOL / "media", "user.mine", b"x"),
        "read the key": (STATE / "keys" / "identity.pem").read_bytes,
        "make a device": lambda: os.mknod("/tmp/disk", 0o60600, os.makedev(254, 0)),  # noqa: S108
        "call somebody": lambda: socket.create_connection(("192.0.2.1", 80), 2),
        "set the clock": lambda: called(_LIBC.clock_settime, 0, ctypes.byref(ctypes.c_int64(0))),
        "shift the clock": lambda: called_timex(_SHIFT_BY_AN_OFFSET),
        "read whether somebody keeps the clock": lambda: called_timex(0),
        "make a namespace": lambda: called(_LIBC.unshare, _NEW_USER_NAMESPACE),
        "trace the neighbour": lambda: called(_LIBC.ptrace, 16, 1, 0, 0),
        "run written memory": lambda: mmap.mmap(-1, 4096, prot=7),
        "change the system": lambda: Path("/etc/shilu/mine").touch(),
        "see the neighbours": others,
    }
    told = {name: outcome(tries[name]) for name in sys.argv[1:] or tries}
    print(json.dumps(told))  # noqa: T201  its answer


def outcome(attempt: Callable[[], object]) -> str:
    """Say how the kernel answered."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def film() -> Path:
    """Give a sealed film: the first, which is marked and therefore stays."""
    return SPOOL / "media" / "000001-0001.mp4.age"


def name(number: int) -> Path:
    """Give the name of a film to come that nobody will need."""
    return SPOOL / "media" / f"{900_000 + os.getuid()}-{number:04d}.mp4.age"


def lay_a_socket(path: Path) -> None:
    """Make a socket's name."""
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(path))


def called(function: Callable[..., int], *words: object) -> None:
    """Call the C library; OSError with its errno."""
    if function(*words) != 0:
        raise OSError(ctypes.get_errno(), function.__name__)


def called_timex(modes: int) -> None:
    """Call adjtimex; OSError with its errno."""
    words = (ctypes.c_long * 64)(modes)
    if _LIBC.adjtimex(words) < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")


def others() -> None:
    """Look for processes of other users; EPERM if none is seen."""
    seen = [entry for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    strangers = [process for process in seen if process.stat().st_uid != os.getuid()]
    if not strangers:
        raise PermissionError(errno.EPERM, "nobody else is there")


if __name__ == "__main__":
    main()
