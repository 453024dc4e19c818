"""A filter of system calls, for good: this process can no longer remove, rename or shorten.

Plain classic BPF, loaded with prctl(2): no library. It sees numbers and flags and no paths, so it
takes away the calls whole. Appending and the slots' overwriting of their own first bytes stay.
Also taken: what would get around it (io_uring, openat2, whose flags are hidden, another ABI), and
what the holder of the pen never does (mount, trace, run programs, punch holes).

The release process has the counterpart: it may unlink files, and neither make a name of any kind (a
socket's is one too), nor open anything to write, nor change modes, owners or attributes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_X32 = 0x40000000
_FALLOC_KEEP_SIZE = 1
_INSTRUCTION = struct.Struct("HBBI")


@dataclass(frozen=True, slots=True)
class Machine:
    """What the kernel calls an architecture, and the numbers of its calls."""

    audit: int
    taken: Mapping[str, int]
    # Number, index of the argument, and the bits of it that may not be there.
    flags: tuple[tuple[int, int, int], ...]


# Calls that came after Linux 5.0 have one number everywhere.
_EVERYWHERE = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "openat2": 437,
}
_X86 = {
    "truncate": 76,
    "ftruncate": 77,
    "rename": 82,
    "rmdir": 84,
    "creat": 85,
    "link": 86,
    "unlink": 87,
    "symlink": 88,
    "execve": 59,
    "ptrace": 101,
    "mount": 165,
    "umount2": 166,
    "unlinkat": 263,
    "renameat": 264,
    "linkat": 265,
    "symlinkat": 266,
    "open_by_handle_at": 304,
    "process_vm_writev": 311,
    "renameat2": 316,
    "bpf": 321,
    "execveat": 322,
}
_ARM64 = {
    "unlinkat": 35,
    "symlinkat": 36,
    "linkat": 37,
    "renameat": 38,
    "umount2": 39,
    "mount": 40,
    "truncate": 45,
    "ftruncate": 46,
    "ptrace": 117,
    "execve": 221,
    "open_by_handle_at": 265,
    "process_vm_writev": 271,
    "renameat2": 276,
    "bpf": 280,
    "execveat": 281,
}
_HOLES = 0xFFFFFFFF & ~_FALLOC_KEEP_SIZE
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(
        0xC000003E,
        _X86 | _EVERYWHERE,
        ((2, 1, os.O_TRUNC), (257, 2, os.O_TRUNC), (285, 1, _HOLES)),
    ),
    "aarch64": Machine(0xC00000B7, _ARM64 | _EVERYWHERE, ((56, 2, os.O_TRUNC), (47, 1, _HOLES))),
}

# What a release has no use for: names of other kinds, modes, owners, attributes, room.
_RELEASE_EVERYWHERE = {
    "mount_setattr": 442,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
    "file_setattr": 469,
}
_RELEASE_X86 = {
    "bind": 49,
    "mkdir": 83,
    "chmod": 90,
    "fchmod": 91,
    "chown": 92,
    "fchown": 93,
    "lchown": 94,
    "mknod": 133,
    "setxattr": 188,
    "lsetxattr": 189,
    "fsetxattr": 190,
    "removexattr": 197,
    "lremovexattr": 198,
    "fremovexattr": 199,
    "mkdirat": 258,
    "mknodat": 259,
    "fchownat": 260,
    "fchmodat": 268,
    "fallocate": 285,
}
_RELEASE_ARM64 = {
    "setxattr": 5,
    "lsetxattr": 6,
    "fsetxattr": 7,
    "removexattr": 14,
    "lremovexattr": 15,
    "fremovexattr": 16,
    "mknodat": 33,
    "mkdirat": 34,
    "fallocate": 47,
    "fchmod": 52,
    "fchmodat": 53,
    "fchownat": 54,
    "fchown": 55,
    "bind": 200,
}
_REMOVE_FOLDER = 0x200  # AT_REMOVEDIR of unlinkat


def _releases(taken: Mapping[str, int], more: Mapping[str, int]) -> Mapping[str, int]:
    kept = {name: number for name, number in taken.items() if not name.startswith("unlink")}
    return {**kept, **more, **_EVERYWHERE, **_RELEASE_EVERYWHERE}


RELEASES: Mapping[str, Machine] = {
    "x86_64": Machine(
        0xC000003E,
        _releases(_X86, _RELEASE_X86),
        ((2, 1, _TO_WRITE), (257, 2, _TO_WRITE), (263, 2, _REMOVE_FOLDER)),
    ),
    "aarch64": Machine(
        0xC00000B7,
        _releases(_ARM64, _RELEASE_ARM64),
        ((56, 2, _TO_WRITE), (35, 2, _REMOVE_FOLDER)),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def program(machine: Machine) -> bytes:
    """Give the filter of a machine; every jump in it is forward and shorter than three."""
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for number in sorted(machine.taken.values()):
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    for number, argument, bits in machine.flags:
        code += [
            (_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),  # the low half: both are little-endian
            (_ANY_BIT, 0, 1, bits),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(_INSTRUCTION.pack(*each) for each in code)


def take_calls_away(machines: Mapping[str, Machine] = MACHINES) -> tuple[str, ...]:
    """Filter this thread and all that it will start; give the words for what now holds."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return ()
    machine = machines.get(platform.machine())
    if machine is None:
        return ("no-new-privileges",)
    code = program(machine)
    loaded = _Program(len(code) // _INSTRUCTION.size, code)
    libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(loaded), 0, 0)
    # Asked of the kernel, not believed: without the filter, an empty path is "not found".
    try:
        os.rename("", "")  # noqa: PTH104 - a Path cannot be empty
    except PermissionError:
        return ("no-new-privileges", "seccomp")
    except OSError:
        return ("no-new-privileges",)
    raise AssertionError("An empty path was renamed.")
