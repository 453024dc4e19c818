"""Fragments: the RFC 6962 root over a film's parts, so that a part can be shown alone (§7.2).

Promises constant work for each byte and no copy of the film; knows only top-level MP4 boxes.
"""

import hashlib
from dataclasses import dataclass

from recorder.evidence.boxes import Timescales, decode_seconds
from recorder.evidence.errors import Malformed
from recorder.evidence.tree import Tree

__all__ = ["FragmentHasher", "FragmentSpan", "Timescales", "decode_seconds"]

_SHORT, _LONG = 8, 16
_MARK_OF_LONG = b"\x00\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class FragmentSpan:
    """One leaf: its number, its clear bytes from `start` up to `end`, and its hash."""

    index: int
    start: int
    end: int
    leaf: bytes


class FragmentHasher:
    """Takes a film as it comes and hashes its fragments."""

    __slots__ = ("_box", "_head", "_leaf", "_leaf_start", "_left", "_next_box", "_spans", "_tree")

    def __init__(self) -> None:
        self._tree = Tree()
        self._spans: list[FragmentSpan] = []
        self._leaf = hashlib.sha256(b"\x00")
        self._leaf_start = 0
        self._box = b""
        self._next_box = 0  # where the next box begins
        self._head = bytearray()
        self._left = 0

    @property
    def leaves(self) -> tuple[FragmentSpan, ...]:
        """The leaves that are complete."""
        return tuple(self._spans)

    @property
    def count(self) -> int:
        """How many leaves are complete."""
        return len(self._spans)

    @property
    def offset(self) -> int:
        """How many bytes were taken."""
        return self._next_box - self._left + len(self._head)

    def feed(self, clear: bytes | bytearray | memoryview) -> None:
        """Take the next bytes of the film; raise Malformed, with the byte, at a broken box."""
        view = memoryview(clear)
        while view:
            if self._left:
                body = view[: self._left]
                self._leaf.update(body)
                self._left -= len(body)
                view = view[len(body) :]
            else:
                wanted = self._head_bytes() - len(self._head)
                self._head += view[:wanted]
                view = view[wanted:]
                if len(self._head) == self._head_bytes():
                    self._begin_box()

    def so_far(self) -> tuple[int, bytes]:
        """Give count and root over what was taken, the last leaf ending here; go on afterwards."""
        if self.offset == self._leaf_start:
            return self._tree.size, self._tree.root()
        leaf, tree = self._leaf.copy(), self._tree.copy()
        leaf.update(self._head)
        tree.append(leaf.digest())
        return tree.size, tree.root()

    def finish(self) -> tuple[int, bytes]:
        """Give count and root of a complete film; raise Malformed if it does not end as one."""
        if self._head or self._left:
            raise Malformed(f"The film ends at byte {self.offset}, within a box.")
        if self._spans and self._box != b"mdat":
            raise Malformed(f"The film ends at byte {self.offset} with {self._box!r}, not mdat.")
        return self.finish_cut()

    def finish_cut(self) -> tuple[int, bytes]:
        """Give count and root of a film that was cut off anywhere."""
        self._leaf.update(self._head)
        self._end_leaf(self.offset)
        return self._tree.size, self._tree.root()

    def _head_bytes(self) -> int:
        return _LONG if self._head[:4] == _MARK_OF_LONG else _SHORT

    def _begin_box(self) -> None:
        start, head = self._next_box, bytes(self._head)
        size = int.from_bytes(head[8:] or head[:4], "big")
        if size < len(head):
            raise Malformed(f"The box at byte {start} of the film states no usable size.")
        self._box = head[4:8]
        if self._box == b"moof":
            if start == 0:
                raise Malformed("The film begins with a moof box; its opening is missing.")
            self._end_leaf(start)
        self._leaf.update(head)
        self._head.clear()
        self._left = size - len(head)
        self._next_box = start + size

    def _end_leaf(self, end: int) -> None:
        if end == self._leaf_start:
            return
        span = FragmentSpan(self._tree.size, self._leaf_start, end, self._leaf.digest())
        self._spans.append(span)
        self._tree.append(span.leaf)
        self._leaf, self._leaf_start = hashlib.sha256(b"\x00"), end
