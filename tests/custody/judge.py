"""What a court would say of a rig's spool, and what its films hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.age import SEALED_CHUNK, Decryptor, decrypt
from recorder.evidence.canonical import line
from recorder.evidence.moment import utc_text
from recorder.evidence.package import UNIT
from recorder.evidence.record import ReceiptFiled, Start
from recorder.evidence.verdict import Weight
from recorder.evidence.verify.examine import Question, examine
from recorder.evidence.words import digest
from tests.verify.court import MemoryFiles
from tests.verify.station import bagged

if TYPE_CHECKING:
    from recorder.evidence.canonical import Value
    from recorder.evidence.record import Record, SealedFile, SealedMedia
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.receipts import Outside
    from tests.custody.rig import Rig


def disproofs(
    rig: Rig, known: list[Record] | None = None, outside: Outside | None = None
) -> set[str]:
    """Give the codes of everything that a verifier with the key calls disproved.

    `known` are the records that the package is said to hold, if they cannot be read any more;
    `outside` is a head that somebody kept.
    """
    found = findings(rig, rig.records() if known is None else known, outside)
    return {f"{f.code} {f.place}" for f in found if f.weight is Weight.DISPROOF}


def findings(
    rig: Rig, records: list[Record], outside: Outside | None = None
) -> tuple[Finding, ...]:
    spooled = rig.files()
    recordings = [r.body.recording for r in records if isinstance(r.body, Start)]
    statement: Value = {
        "made": utc_text(rig.clock.utc_ms),
        "origin": rig.settings.origin,
        "recordings": [*recordings],
        "size": len(records),
        "station": rig.station.origin,
        "type": "package",
        "v": 1,
    }
    named = {r.body.file for r in records if isinstance(r.body, ReceiptFiled)}
    # A receipt that no record names was cut off while it was filed; nobody hands it on.
    package = {
        UNIT + name: data
        for name, data in spooled.items()
        if not name.startswith("receipts/") or name in named
    }
    package["data/package.json"] = line(statement)
    # Read as a disk is read: what is behind a standing comes in one block with what is before it.
    files = MemoryFiles(bagged(package), block_bytes=1 << 20)
    return examine(files, Question(rig.station.trust(), (rig.identity,), outside), map).findings


def clear_of(rig: Rig, sealed: SealedMedia | SealedFile) -> bytes:
    """Give the clear text as docs/format.md §8 builds it, and check that it is what was sealed."""
    root = rig.settings.spool
    data = (root / sealed.file).read_bytes()
    if sealed.complete:
        clear = decrypt(data, [rig.identity])
    elif not sealed.clear.length:
        clear = b""
    else:
        reader, clear = Decryptor([rig.identity]), b""
        whole = sealed.clear.length if sealed.tail is None else sealed.tail.offset
        for start in range(0, len(data), SEALED_CHUNK):
            if len(clear) < whole:  # what lies behind was never durable, and may be anything
                clear += reader.feed(data[start : start + SEALED_CHUNK])
        if len(clear) < whole:
            clear += reader.finish_cut().clear
        if sealed.tail is not None:
            tail = (root / sealed.tail.file).read_bytes()
            clear = clear[: sealed.tail.offset] + decrypt(tail, [rig.identity])
        clear = clear[: sealed.clear.length]
    assert (len(clear), digest(clear)) == (sealed.clear.length, sealed.clear.sha256)
    return clear
