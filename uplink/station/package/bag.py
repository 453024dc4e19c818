"""Make the package of docs/format.md §10: a BagIt bag of bit-exact originals, streamed.

The log is cut to the newest receipted size; nothing in a package was not admitted before.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.canonical import line
from recorder.evidence.record import ReceiptFiled, Segment, parse_record
from recorder.evidence.words import (
    CHAIN_FILE,
    heads_file,
    log_file,
    parse_file,
    receipt_file,
    unit_origin,
)
from uplink.station.admission.segment_check import files_of
from uplink.station.care.disposal import footage
from uplink.station.log.index import Index
from uplink.station.log.stamps import Stamps
from uplink.station.package import howto, inventory, viewer
from uplink.station.package.facts import read_facts
from uplink.station.store.layout import Layout

_BLOCK_BYTES = 1024 * 1024
_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_UNIT = "data/unit/"


class NothingToPack(Exception):
    """There is no package of this; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to pack: recordings of a unit (none: all), as made at `made` by `station`."""

    agency: str
    unit: str
    recordings: tuple[int, ...]
    station: str
    made: str


class Packer:
    """Writes one package into an empty folder."""

    def __init__(self, layout: Layout, index: Index, order: Order, out: Path) -> None:
        self._archive = layout.archive(order.agency, order.unit)
        self._index = index
        self._order = order
        self._out = out
        self._origin = unit_origin(order.agency, order.unit)
        self._manifest: dict[str, str] = {}
        self._bytes = 0
        self._segments: list[Segment] = []
        self._filed: dict[int, str] = {}
        self._stamps = Stamps(layout)
        self._receipts: dict[int, bytes] = {}

    def pack(self) -> tuple[int, ...]:
        """Write the package and return the recordings in it.

        Raise NothingToPack, or OSError when the disk does not take it.
        """
        size = self._index.receipted_size(self._origin)
        if not size:
            raise NothingToPack(f"{self._origin} has no receipt yet; dock the unit first")
        check_empty(self._out)
        self._pack_log(size)
        chain = self._archive / CHAIN_FILE
        if chain.exists():
            self._copy(CHAIN_FILE, chain)
        recordings = self._wanted()
        for segment in self._segments:
            if segment.recording in recordings:
                for one in files_of(segment):
                    self._copy(one.file, self._archive / one.file)
        self._pack_receipts(size)
        self._tags(recordings, size)
        return recordings

    def _wanted(self) -> tuple[int, ...]:
        changes = (line for _number, line in self._index.changes())
        gone = footage(changes, self._origin).gone
        found = sorted({one.recording for one in self._segments} - gone)
        disposed = gone.intersection(self._order.recordings)
        if disposed:
            raise NothingToPack(
                f"recording {min(disposed)} of {self._origin} was disposed of; the log says when, "
                "by whom, and on which article"
            )
        missing = set(self._order.recordings) - set(found)
        if missing:
            raise NothingToPack(
                f"{self._origin} has no receipted recording {min(missing)}; there are {found}"
            )
        return tuple(sorted(set(self._order.recordings))) or tuple(found)

    def _pack_log(self, size: int) -> None:
        runs = sorted(
            parse_file(f"log/{path.name}").run for path in (self._archive / "log").glob("*.jsonl")
        )
        left = size
        for run in runs:
            if not left:
                return
            log = (self._archive / log_file(run)).read_bytes()
            heads = (self._archive / heads_file(run)).read_bytes()
            records = min(heads.count(b"\n") // 5, log.count(b"\n"))
            taken = min(records, left)
            left -= taken
            lines = log.splitlines(keepends=True)
            self._read_records(lines[:taken])
            if not left:
                log = b"".join(lines[:taken])
                heads = b"".join(heads.splitlines(keepends=True)[: taken * 5])
            self._write(_UNIT + log_file(run), log)
            self._write(_UNIT + heads_file(run), heads)

    def _read_records(self, lines: Iterable[bytes]) -> None:
        for one in lines:
            body = parse_record(one).body
            if isinstance(body, Segment):
                self._segments.append(body)
            elif isinstance(body, ReceiptFiled):
                self._filed[body.size] = body.sha256

    def _pack_receipts(self, size: int) -> None:
        """Pack each receipt in the version that the unit filed, or the newest one."""
        for issued in self._index.issued(self._origin):
            if issued.size <= size and self._filed.get(issued.size) in {None, issued.sha256}:
                self._receipts[issued.size] = issued.proof
        for at, proof in sorted(self._receipts.items()):
            self._write(_UNIT + receipt_file(at), proof)

    def _tags(self, recordings: tuple[int, ...], size: int) -> None:
        statement = line(
            {
                "made": self._order.made,
                "origin": self._origin,
                "recordings": list(recordings),
                "size": size,
                "station": self._order.station,
                "type": "package",
                "v": 1,
            }
        )
        self._write("data/package.json", statement)
        payload, self._manifest = self._manifest, {}
        total, count = self._bytes, len(payload)
        self._write("bagit.txt", _BAGIT)
        info = (
            f"Bagging-Date: {self._order.made[:10]}\n"
            f"External-Identifier: {self._origin}\n"
            f"Payload-Oxum: {total}.{count}\n"
            f"Source-Organization: {self._order.agency}\n"
        )
        self._write("bag-info.txt", info.encode())
        self._write("manifest-sha256.txt", _manifest(payload))
        for name, data in self._stamps.packed(self._receipts):
            self._write(name, data)
        facts = read_facts(self._out)
        self._write(inventory.FILE_NAME, inventory.inventory_csv(facts))
        self._write(howto.FILE_NAME, howto.howto_text(facts).encode())
        self._write(viewer.FILE_NAME, viewer.page())
        (self._out / "tagmanifest-sha256.txt").write_bytes(_manifest(self._manifest))

    def _write(self, name: str, data: bytes) -> None:
        path = self._out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._manifest[name] = hashlib.sha256(data).hexdigest()
        self._bytes += len(data)

    def _copy(self, file: str, source: Path) -> None:
        path = self._out / _UNIT / file
        path.parent.mkdir(parents=True, exist_ok=True)
        found = hashlib.sha256()
        with source.open("rb") as from_file, path.open("wb") as to_file:
            while block := from_file.read(_BLOCK_BYTES):
                found.update(block)
                to_file.write(block)
                self._bytes += len(block)
        self._manifest[_UNIT + file] = found.hexdigest()


def check_empty(out: Path) -> None:
    """Raise NothingToPack unless a package may be written there."""
    if out.exists() and any(out.iterdir()):
        raise NothingToPack(f"{out} is not empty; choose a new folder")


def _manifest(digests: dict[str, str]) -> bytes:
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode()
