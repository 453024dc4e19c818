"""What becomes of a large buffer, asked of glibc itself, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ASK = """
import ctypes
from recorder.programs import memory

class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd",
        "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]

def mapped_alone_bytes():
    return ask().hblkhd

ask = ctypes.CDLL(None).mallinfo2
ask.restype = Mallinfo2
{how}
bytearray({size})
before = mapped_alone_bytes()
second = bytearray({size})
print(mapped_alone_bytes() - before)
"""


def second_of_its_size_mapped_bytes(how: str, size: int) -> int:
    """Let a buffer of this size go, make another, and tell how much is mapped for that alone."""
    asked = [sys.executable, "-c", _ASK.format(how=how, size=size)]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("size", [1_382_400, 3_110_400])
def test_a_picture_that_is_let_go_leaves_no_hole(size: int) -> None:
    assert second_of_its_size_mapped_bytes("memory.let_buffers_go()", size) >= size


def test_a_chunk_that_is_let_go_is_kept_for_the_next() -> None:
    assert second_of_its_size_mapped_bytes("memory.keep_buffers()", 1024 * 1024 + 64) == 0
    assert second_of_its_size_mapped_bytes("", 1024 * 1024 + 64) == 0  # from the second one on
