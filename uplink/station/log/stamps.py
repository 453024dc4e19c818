"""Time-stamps (RFC 3161) on heads of the station's log, as they are kept and as a package has them.

A stamp is a head's bytes and an authority's token over them: `stamps/{size}.head`, `.tsr`. With a
proof that an entry is under the head it says: this receipt existed before that instant. Nothing
here is verified, and no verdict of ours rests on it (docs/format.md §10).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.package import STAMPS
from recorder.evidence.receipt import TlogProof
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.evidence.words import receipt_file
from uplink.station.log.tiles import split_entries
from uplink.station.store.durable import write_durably
from uplink.station.store.layout import Layout


class NotStamped(Exception):
    """There is no stamp of a head; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A head of `size` entries, cosigned, and the token over its bytes."""

    size: int
    head: bytes
    token: bytes


class Stamps:
    """The stamps of one station."""

    def __init__(self, layout: Layout) -> None:
        self._folder = layout.stamps
        self._journal = layout.log / "entries"

    def keep(self, stamp: Stamp) -> Path:
        """Keep a stamp and return its token's path.

        1 the head is durable · 2 the token is. A crash between leaves a head that counts for
        nothing and is written again.
        """
        write_durably(self._path(stamp.size, "head"), stamp.head)  # 1
        token = self._path(stamp.size, "tsr")
        write_durably(token, stamp.token)  # 2
        return token

    def has(self, size: int) -> bool:
        """Tell whether the head of `size` entries has a stamp."""
        return self._path(size, "tsr").exists()

    def covering(self, index: int) -> Stamp | None:
        """Return the oldest stamp whose head covers entry `index`, or None."""
        sizes = (int(path.stem) for path in self._folder.glob("*.tsr"))
        size = min((size for size in sizes if size > index), default=0)
        if not size:
            return None
        head, token = (self._path(size, kind).read_bytes() for kind in ("head", "tsr"))
        return Stamp(size, head, token)

    def packed(self, receipts: dict[int, bytes]) -> Iterator[tuple[str, bytes]]:
        """Give name and bytes of what goes into a package with these receipts (size → proof)."""
        tree: FullTree | None = None
        for size, data in sorted(receipts.items()):
            receipt = TlogProof.parse(data)
            stamp = self.covering(receipt.index)
            if stamp is None:
                continue
            tree = tree or self._tree()
            path = tree.inclusion(receipt.index, stamp.size)
            name = f"{STAMPS}{Path(receipt_file(size)).stem}"
            proof = TlogProof(receipt.extra, receipt.index, path, stamp.head)
            yield f"{name}.tlog-proof", proof.text()
            yield f"{name}.tsr", stamp.token

    def _tree(self) -> FullTree:
        tree = FullTree()
        for entry in split_entries(self._journal.read_bytes())[0]:
            tree.append(leaf_hash(entry))
        return tree

    def _path(self, size: int, kind: str) -> Path:
        return self._folder / f"{size:08d}.{kind}"
