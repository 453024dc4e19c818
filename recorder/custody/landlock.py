"""Landlock, where the kernel has it: the pen writes in its own folders, and removes nowhere.

The release process has the counterpart: it removes files of one folder, and makes and writes none.
It sees paths, which seccomp does not. Reading is not restricted here: users, modes and systemd do
that. Raspberry Pi's own kernel has no Landlock (measured), so nothing depends on it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # one number everywhere
_VERSION, _BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _REMOVE_FILE, _MAKE_REG = 0x1, 0x2, 0x20, 0x100
# remove_dir, remove_file, make_char, make_dir, make_reg, make_sock, make_fifo, make_block, make_sym
_REMOVE_AND_MAKE = 0x1FF0
_REFER, _TRUNCATE = 0x2000, 0x4000
_REFER_SINCE, _TRUNCATE_SINCE = 2, 3


def restrict_writing(folders: Iterable[Path]) -> tuple[str, ...]:
    """Let this thread, and all that it will start, write and make files beneath `folders` only.

    Gives the words for what now holds: none where the kernel has no Landlock.
    """
    return _restrict(folders, _WRITE_FILE | _MAKE_REG)


def restrict_removing(folder: Path) -> tuple[str, ...]:
    """Let this thread remove files beneath `folder`, and make, write and remove nothing else.

    Gives the words for what now holds: none where the kernel has no Landlock.
    """
    return _restrict([folder], _REMOVE_FILE)


def _restrict(folders: Iterable[Path], rights: int) -> tuple[str, ...]:
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return ()
    handled = _EXECUTE | _WRITE_FILE | _REMOVE_AND_MAKE
    handled |= _REFER if version >= _REFER_SINCE else 0
    handled |= _TRUNCATE if version >= _TRUNCATE_SINCE else 0
    attribute = struct.pack("=Q", handled)
    rules = libc.syscall(_CREATE, attribute, ctypes.c_size_t(len(attribute)), 0)
    if rules < 0:
        return ()
    try:
        for folder in folders:
            fd = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("=Qi", rights, fd)
            added = libc.syscall(_ADD, rules, _BENEATH, rule, 0)
            os.close(fd)
            if added:
                raise OSError(ctypes.get_errno(), f"Landlock refuses a rule for {folder}")
        restricted = libc.syscall(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)
    return (f"landlock-{version}",) if restricted else ()
