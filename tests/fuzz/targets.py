"""Every parser, with good bytes to begin from, the errors it may raise, and what it must keep.

Where one spelling is promised, what was read must be written again as the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.devices.boxes import BoxCutter, StrangeBox
from recorder.evidence.age import decrypt, encrypt
from recorder.evidence.age_keys import Identity, Recipient
from recorder.evidence.boxes import Timescales, decode_seconds
from recorder.evidence.canonical import line
from recorder.evidence.command import parse_command, sign_command
from recorder.evidence.excerpt import Excerpt, parse_excerpt
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.head import parse_head, parse_signed_head, split_heads
from recorder.evidence.note import VerifierKey, note_bytes, parse_note
from recorder.evidence.package import (
    UNIT,
    check_bagit,
    parse_manifest,
    parse_package,
)
from recorder.evidence.receipt import CustodyEntry, TlogProof
from recorder.evidence.record import encode_record, parse_record
from recorder.evidence.sidecar import parse_side
from recorder.evidence.standing import parse_standing
from recorder.evidence.trust import parse_trust
from recorder.evidence.verify.damage import parse_blocks
from recorder.evidence.verify.signer import check_issuers, read_signer
from recorder.evidence.words import CHAIN_FILE, parse_file
from tests.fuzz.outside import outside
from tests.fuzz.target import Target, by_text, same
from tests.fuzz.travelling import on_the_way
from tests.verify.conftest import enrolled
from tests.verify.court import MemoryFiles
from tests.verify.film import film
from tests.verify.forger import FILM, HEADS, LOG, SIDECAR
from tests.verify.station import CREW
from tests.verify.unit import Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from recorder.evidence.canonical import Value


def _pieces(data: bytes) -> None:
    """A film has the same fragments however it is cut into pieces."""
    whole, pieces = FragmentHasher(), FragmentHasher()
    whole.feed(data)
    for start in range(0, len(data), 7):
        pieces.feed(data[start : start + 7])
    assert whole.so_far() == pieces.so_far()
    assert whole.finish() == pieces.finish()


def _seconds(opening: bytes) -> Callable[[bytes], object]:
    scales = Timescales.parse(opening)
    return lambda data: decode_seconds(data, scales)


def _muxed(data: bytes) -> None:
    cutter = BoxCutter()
    cutter.write(data)
    runs = cutter.runs()
    assert data.startswith(b"".join(run.data for run in runs))


def targets() -> Iterator[Target]:
    """Give every parser of this repository that reads what somebody else wrote."""
    scene = enrolled(fragment_bytes=600)
    commands = tuple(
        scene.station.order(scene.unit, number, officers=officers)
        for number, officers in ((17, CREW), (18, None))
    )
    for note in commands:
        scene.unit.obey(note)
    scene.station.pins_commands = True
    scene.unit.record(2)
    scene.unit.power_cut(scene.unit.start(), 1, 1.0)
    scene.station.take_in(scene.unit)
    scene.unit.record(1)
    files = scene.station.package(scene.unit)
    yield from _evidence(files, tuple(scene.unit.lines), scene.station.trust_text(), commands)
    yield from _films()
    yield from on_the_way(files)
    yield from outside(scene.station.trust_text())
    key = scene.unit.station_key
    sealed = (files[FILM], files[SIDECAR], encrypt(b"", [key.recipient()], Dice(3)))
    yield Target("age file", sealed, lambda data: decrypt(data, [key]))
    yield Target("age identity", (key.text().encode(),), by_text(Identity.parse))
    yield Target("age recipient", (key.recipient().text().encode(),), by_text(Recipient.parse))
    side = decrypt(files[SIDECAR], [key])
    yield Target("sidecar", (side,), parse_side)


def _ordered_again(data: bytes) -> None:
    """What is read as a command is written as the same six lines, and can be signed anew."""
    read = parse_command(data)
    assert read.command.text() == read.note.text
    sign_command(read.command, Dice(9).ed25519())


def _evidence(
    files: dict[str, bytes],
    lines: tuple[bytes, ...],
    trust: str,
    commands: tuple[bytes, ...],
) -> Iterator[Target]:
    heads = split_heads(files[HEADS])[0]
    proofs = tuple(data for name, data in files.items() if name.endswith("proof"))
    entries = tuple(TlogProof.parse(each).extra for each in proofs)
    standing = next(parse_record(each).body for each in lines if b'"standing":' in each)
    roots = parse_trust(trust).roots
    note = str(getattr(standing, "standing", "")).encode()
    yield Target("record", lines, same(parse_record, encode_record))
    yield Target("head", heads, parse_signed_head)
    yield Target("heads file", (files[HEADS],), split_heads)
    yield Target(
        "head text", tuple(each.split(b"\n\n")[0] + b"\n" for each in heads), by_text(parse_head)
    )
    yield Target("note", (*heads, note), same(parse_note, note_bytes))
    yield Target("standing", (note.split(b"\n\n")[0] + b"\n",), by_text(parse_standing))
    yield Target("command", commands, same(parse_command, lambda read: note_bytes(read.note)))
    yield Target("command lines", commands, _ordered_again)
    yield Target("receipt", proofs, same(TlogProof.parse, TlogProof.text))
    yield Target("custody entry", entries, same(CustodyEntry.parse, CustodyEntry.line))
    yield Target("trust file", (trust.encode(),), by_text(parse_trust))
    keys = tuple(each.strip(' "[],\n').encode() for each in trust.split('"') if "+" in each[:60])
    yield Target("verifier key", keys, by_text(VerifierKey.parse))
    yield Target("package.json", (files["data/package.json"],), parse_package)
    yield Target(
        "manifest", (files["manifest-sha256.txt"],), lambda data: parse_manifest(data, "list")
    )
    yield Target("bagit.txt", (files["bagit.txt"],), check_bagit)
    yield Target(
        "certificates",
        (files[UNIT + CHAIN_FILE],),
        lambda data: check_issuers(read_signer(MemoryFiles({UNIT + CHAIN_FILE: data})), roots),
    )
    yield Target("block list", (files[FILM + ".blocks"],), parse_blocks)
    path: Value = [["ab" * 32], []]
    part: Value = {"film": "000001-0001.mp4", "first": 1, "proofs": path, "seq": 6}
    shown: Value = {
        "origin": "baofeng-mz.shilu/BF-0007",
        "parts": [part],
        "type": "excerpt",
        "v": 1,
    }
    yield Target("excerpt", (line(shown),), same(parse_excerpt, Excerpt.line))
    names = tuple(name.removeprefix("data/unit/").encode() for name in (LOG, FILM, SIDECAR))
    yield Target("file name", names, by_text(parse_file))


def _films() -> Iterator[Target]:
    leaves = film(2.0, 40, Dice(4))
    yield Target("film", (b"".join(leaves),), _pieces)
    yield Target("film opening", (leaves[0],), Timescales.parse)
    yield Target("film fragment", tuple(leaves[1:3]), _seconds(leaves[0]))
    yield Target("muxed boxes", (b"".join(leaves),), _muxed, (StrangeBox,))
