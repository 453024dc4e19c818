"""What a court would say of a rig's spool, and what its films hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.age import Decryptor, decrypt
from recorder.evidence.canonical import line
from recorder.evidence.moment import utc_text
from recorder.evidence.package import UNIT
from recorder.evidence.record import ReceiptFiled, Start
from recorder.evidence.verdict import Weight
from recorder.evidence.words import digest
from tests.verify.court import judged
from tests.verify.station import bagged

if TYPE_CHECKING:
    from recorder.evidence.canonical import Value
    from recorder.evidence.record import SealedFile, SealedMedia
    from recorder.evidence.verdict import Finding
    from tests.custody.rig import Rig


def disproofs(rig: Rig) -> set[str]:
    """Give the codes of everything that a verifier with the key calls disproved."""
    return {f"{f.code} {f.place}" for f in findings(rig) if f.weight is Weight.DISPROOF}


def findings(rig: Rig) -> tuple[Finding, ...]:
    records, files = rig.records(), rig.files()
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
        for name, data in files.items()
        if not name.startswith("receipts/") or name in named
    }
    package["data/package.json"] = line(statement)
    return judged(bagged(package), rig.station.trust(), rig.identity).findings


def clear_of(rig: Rig, sealed: SealedMedia | SealedFile) -> bytes:
    """Give the clear text as docs/format.md §8 builds it, and check that it is what was sealed."""
    root = rig.settings.spool
    data = (root / sealed.file).read_bytes()
    if sealed.complete:
        clear = decrypt(data, [rig.identity])
    elif not sealed.clear.length:
        clear = b""
    else:
        reader = Decryptor([rig.identity])
        clear = reader.feed(data) + reader.finish_cut().clear
        if sealed.tail is not None:
            tail = (root / sealed.tail.file).read_bytes()
            clear = clear[: sealed.tail.offset] + decrypt(tail, [rig.identity])
        clear = clear[: sealed.clear.length]
    assert (len(clear), digest(clear)) == (sealed.clear.length, sealed.clear.sha256)
    return clear
