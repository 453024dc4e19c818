"""The RFC 6962 Merkle tree: roots while it grows, and proofs from it.

Promises the roots and proofs of RFC 6962 §2.1. A leaf is given as its hash, 32 bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence

from recorder.evidence.errors import BadProof

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes | bytearray | memoryview) -> bytes:
    """Hash one entry: SHA-256(0x00 || data)."""
    leaf = hashlib.sha256(b"\x00")
    leaf.update(data)
    return leaf.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that only grows and only knows its root; memory is O(log size)."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self._size = 0

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @classmethod
    def of(cls, size: int, peaks: Sequence[bytes]) -> "Tree":
        """Give the tree of `size` leaves with these peaks, as `peaks` gave them."""
        if size.bit_count() != len(peaks):
            raise BadProof(f"A tree of {size} leaves does not have {len(peaks)} peaks.")
        tree = cls()
        tree._peaks, tree._size = list(peaks), size
        return tree

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of its complete subtrees, the largest first: all that it knows."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash at the right."""
        merges = self._size
        while merges & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            merges >>= 1
        self._peaks.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """Give the root over all leaves, 32 bytes."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def copy(self) -> "Tree":
        """Give a tree that grows on from here by itself."""
        twin = Tree()
        twin._peaks = self._peaks.copy()
        twin._size = self._size
        return twin


class FullTree:
    """A tree that keeps all leaves, and can prove each of them at each of its sizes."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        # _levels[k][i] is the hash of the 2^k leaves from i * 2^k on.
        self._levels: list[list[bytes]] = [[]]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash at the right."""
        level = 0
        self._levels[0].append(leaf)
        while len(self._levels[level]) % 2 == 0:
            node = node_hash(*self._levels[level][-2:])
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes at the right."""
        for leaf in leaves:
            self.append(leaf)

    def root(self, size: int | None = None) -> bytes:
        """Give the root over the first `size` leaves (all, if not given), 32 bytes."""
        size = self.size if size is None else size
        self._check(0, size, self.size)
        return self._hash(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Prove that leaf `index` is in the tree of `size` leaves, from the leaf upwards."""
        self._check(0, index, size - 1)
        self._check(1, size, self.size)
        return self._path(index, 0, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the tree of `new` leaves extends that of `old` leaves."""
        self._check(0, old, new)
        self._check(0, new, self.size)
        return self._extension(old, 0, new, known=True) if 0 < old < new else ()

    def _hash(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0:  # a complete subtree, kept
            return self._levels[width.bit_length() - 1][start // width]
        middle = start + _split(width)
        return node_hash(self._hash(start, middle), self._hash(middle, end))

    def _path(self, index: int, start: int, end: int) -> tuple[bytes, ...]:
        if end - start == 1:
            return ()
        middle = start + _split(end - start)
        if index < middle:
            return (*self._path(index, start, middle), self._hash(middle, end))
        return (*self._path(index, middle, end), self._hash(start, middle))

    def _extension(self, old: int, start: int, end: int, *, known: bool) -> tuple[bytes, ...]:
        """RFC 6962 §2.1.2; `known` while the subtree is one whose root the reader has."""
        if old == end:
            return () if known else (self._hash(start, end),)
        middle = start + _split(end - start)
        if old <= middle:
            left = self._extension(old, start, middle, known=known)
            return (*left, self._hash(middle, end))
        right = self._extension(old, middle, end, known=False)
        return (*right, self._hash(start, middle))

    @staticmethod
    def _check(least: int, number: int, most: int) -> None:
        if not least <= number <= most:
            raise BadProof(f"There is no proof for {number}: choose from {least} to {most}.")


def _split(width: int) -> int:
    """Give the largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise BadProof unless `leaf` is leaf `index` of the tree with `size` leaves and `root`."""
    if not 0 <= index < size:
        raise BadProof(f"There is no leaf {index} in a tree of {size}.")
    nodes = list(proof)
    found = _climb(leaf, index, size, nodes)
    if nodes:
        raise BadProof(f"The inclusion proof of leaf {index} is too long.")
    if found != root:
        raise BadProof(f"Leaf {index} is not in the tree of {size} with the stated root.")


def check_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise BadProof unless the new tree begins with all leaves of the old one."""
    if not 0 <= old_size <= new_size:
        raise BadProof(f"A tree of {new_size} cannot extend one of {old_size}.")
    nodes = list(proof)
    if old_size == 0:
        old, new = EMPTY_ROOT, new_root if new_size else EMPTY_ROOT
    else:
        old, new = _extend(old_size, new_size, old_root, nodes)
    if nodes:
        raise BadProof("The consistency proof is too long.")
    if (old, new) != (old_root, new_root):
        raise BadProof(f"The tree of {new_size} does not extend the tree of {old_size}.")


def _climb(leaf: bytes, index: int, size: int, nodes: list[bytes]) -> bytes:
    """Give the root that a proof leads to, taking its nodes from the top down."""
    if size == 1:
        return leaf
    top, middle = _taken(nodes), _split(size)
    if index < middle:
        return node_hash(_climb(leaf, index, middle, nodes), top)
    return node_hash(top, _climb(leaf, index - middle, size - middle, nodes))


def _extend(old: int, new: int, known: bytes | None, nodes: list[bytes]) -> tuple[bytes, bytes]:
    """Give the roots that a proof leads to; `known` is the old one if it is of this subtree."""
    if old == new:
        root = known if known is not None else _taken(nodes)
        return root, root
    top, middle = _taken(nodes), _split(new)
    if old <= middle:
        old_root, left = _extend(old, middle, known, nodes)
        return old_root, node_hash(left, top)
    old_right, new_right = _extend(old - middle, new - middle, None, nodes)
    return node_hash(top, old_right), node_hash(top, new_right)


def _taken(nodes: list[bytes]) -> bytes:
    if not nodes:
        raise BadProof("The proof is too short.")
    return nodes.pop()
