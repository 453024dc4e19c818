"""Bulk on the wire: a header of 16 bytes, then bytes of one file (docs/protocol.md, step 3).

It promises that what it returns lies within the bounds of the protocol; whether the bytes are
the right ones, only the station's digest tells.
"""

import struct
from dataclasses import dataclass

from recorder.evidence.errors import Malformed

HEADER_BYTES = 16
CHUNK_MIN_BYTES = 64 * 1024
CHUNK_MAX_BYTES = 1024 * 1024
OFFSET_MAX = 2**53 - 1
HANDLE_MAX = 2**32 - 1
_HEADER = struct.Struct(">BBHIQ")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of the file behind `handle`, from `offset` on."""

    handle: int
    offset: int
    data: memoryview


def chunk_head(handle: int, offset: int, size_bytes: int) -> bytes:
    """Return the header of a chunk; `size_bytes` (1 byte to 1 MiB) of the file follow it."""
    if not 0 < size_bytes <= CHUNK_MAX_BYTES:
        raise ValueError(f"a chunk holds 1 to {CHUNK_MAX_BYTES} bytes, not {size_bytes}")
    return _HEADER.pack(_VERSION, 0, 0, handle, offset)


def parse_chunk(payload: bytes) -> Chunk:
    """Parse one payload; its bytes are a view, not a copy. Raise Malformed."""
    size = len(payload)
    if not HEADER_BYTES < size <= HEADER_BYTES + CHUNK_MAX_BYTES:
        raise Malformed(
            f"a chunk of {size} bytes is outside {HEADER_BYTES + 1} to "
            f"{HEADER_BYTES + CHUNK_MAX_BYTES}; send smaller pieces"
        )
    version, flags, zero, handle, offset = _HEADER.unpack_from(payload)
    if version != _VERSION:
        raise Malformed(f"chunk version {version} is not known here; only {_VERSION} is")
    if flags or zero:
        raise Malformed("reserved bits of a chunk header are set; this version knows none")
    if not handle or offset > OFFSET_MAX - size:
        raise Malformed(f"handle {handle} or offset {offset} of a chunk is out of range")
    return Chunk(handle, offset, memoryview(payload)[HEADER_BYTES:])
