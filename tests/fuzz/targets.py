"""Every parser, with good bytes to begin from, the errors it may raise, and what it must keep.

Where one spelling is promised, what was read must be written again as the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from config.load import Source, load, load_rules, shipped, shipped_rules
from config.words import ConfigRefused
from recorder.devices.boxes import BoxCutter, StrangeBox
from recorder.devices.nmea import NmeaReader
from recorder.evidence.age import decrypt, encrypt
from recorder.evidence.age_keys import Identity, Recipient
from recorder.evidence.boxes import Timescales, decode_seconds
from recorder.evidence.canonical import line
from recorder.evidence.errors import EvidenceError
from recorder.evidence.excerpt import Excerpt, parse_excerpt
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.head import parse_head, parse_signed_head, split_heads
from recorder.evidence.note import VerifierKey, note_bytes, parse_note
from recorder.evidence.package import parse_manifest, parse_package
from recorder.evidence.receipt import CustodyEntry, TlogProof
from recorder.evidence.record import encode_record, parse_record
from recorder.evidence.sidecar import parse_side
from recorder.evidence.standing import parse_standing
from recorder.evidence.trust import parse_trust
from recorder.evidence.verify.damage import parse_blocks
from recorder.evidence.words import parse_file
from recorder.handover import codec
from recorder.handover.errors import RefusedPacket
from tests.fuzz.mutate import nmea_mended
from tests.handover.test_codec import PACKETS
from tests.verify.conftest import enrolled
from tests.verify.film import film
from tests.verify.forger import FILM, HEADS, LOG, SIDECAR
from tests.verify.unit import Dice
from uplink.wire.chunks import chunk_bytes, parse_chunk
from uplink.wire.messages import (
    Ack,
    Grant,
    Offer,
    OfferedFile,
    Refusal,
    State,
    StationState,
    Stored,
    Wanted,
)
from uplink.wire.proofs import AnchorLetter, ReceiptLetter
from uplink.wire.topics import parse_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from recorder.evidence.canonical import Value
    from recorder.handover.packets import Packet

SAMPLES = Path(__file__).resolve().parents[1] / "config/samples"


@dataclass(frozen=True, slots=True)
class Target:
    """One parser; `read` raises `refusals` and nothing else, and asserts what it promises."""

    name: str
    seeds: tuple[bytes, ...]
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = (EvidenceError,)
    mend: Callable[[bytes], bytes] = field(default=bytes)
    # True if what `read` returns tells one good input from another.
    names_answers: bool = False


def _text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    """Feed a parser of text: what is no text never reaches it."""
    return lambda data: parse(data.decode("utf-8", "replace"))


def _same(
    parse: Callable[[bytes], object], written: Callable[..., bytes]
) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        assert written(parse(data)) == data, "it was read, and is written differently"

    return read


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


def _received(data: bytes) -> str:
    """Give the kinds of facts that were stated: another order of them is another answer."""
    reader = NmeaReader(datetime(2026, 1, 1, tzinfo=UTC))
    facts: list[object] = []
    for number, start in enumerate(range(0, len(data), 50)):
        facts += reader.feed(data[start : start + 50], number * 100_000_000)
    facts += reader.idle(60_000_000_000)
    return " ".join(getattr(fact, "cause", "fix") for fact in facts)


def targets() -> Iterator[Target]:
    """Give every parser of this repository that reads what somebody else wrote."""
    scene = enrolled(fragment_bytes=600)
    scene.unit.record(2)
    scene.unit.power_cut(scene.unit.start(), 1, 1.0)
    scene.station.take_in(scene.unit)
    scene.unit.record(1)
    files = scene.station.package(scene.unit)
    yield from _evidence(files, tuple(scene.unit.lines), scene.station.trust_text())
    yield from _films()
    yield from _on_the_way()
    yield from _outside()
    key = scene.unit.station_key
    sealed = (files[FILM], files[SIDECAR], encrypt(b"", [key.recipient()], Dice(3)))
    yield Target("age file", sealed, lambda data: decrypt(data, [key]))
    yield Target("age identity", (key.text().encode(),), _text(Identity.parse))
    yield Target("age recipient", (key.recipient().text().encode(),), _text(Recipient.parse))
    side = decrypt(files[SIDECAR], [key])
    yield Target("sidecar", (side,), parse_side)


def _evidence(files: dict[str, bytes], lines: tuple[bytes, ...], trust: str) -> Iterator[Target]:
    heads = split_heads(files[HEADS])[0]
    proofs = tuple(data for name, data in files.items() if name.endswith("proof"))
    entries = tuple(TlogProof.parse(each).extra for each in proofs)
    standing = next(parse_record(each).body for each in lines if b'"standing":' in each)
    note = str(getattr(standing, "standing", "")).encode()
    yield Target("record", lines, _same(parse_record, encode_record))
    yield Target("head", heads, parse_signed_head)
    yield Target("heads file", (files[HEADS],), split_heads)
    yield Target(
        "head text", tuple(each.split(b"\n\n")[0] + b"\n" for each in heads), _text(parse_head)
    )
    yield Target("note", (*heads, note), _same(parse_note, note_bytes))
    yield Target("standing", (note.split(b"\n\n")[0] + b"\n",), _text(parse_standing))
    yield Target("receipt", proofs, _same(TlogProof.parse, TlogProof.text))
    yield Target("custody entry", entries, _same(CustodyEntry.parse, CustodyEntry.line))
    yield Target("trust file", (trust.encode(),), _text(parse_trust))
    keys = tuple(each.strip(' "[],\n').encode() for each in trust.split('"') if "+" in each[:60])
    yield Target("verifier key", keys, _text(VerifierKey.parse))
    yield Target("package.json", (files["data/package.json"],), parse_package)
    yield Target(
        "manifest", (files["manifest-sha256.txt"],), lambda data: parse_manifest(data, "list")
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
    yield Target("excerpt", (line(shown),), _same(parse_excerpt, Excerpt.line))
    names = tuple(name.removeprefix("data/unit/").encode() for name in (LOG, FILM, SIDECAR))
    yield Target("file name", names, _text(parse_file))


def _films() -> Iterator[Target]:
    leaves = film(2.0, 40, Dice(4))
    yield Target("film", (b"".join(leaves),), _pieces)
    yield Target("film opening", (leaves[0],), Timescales.parse)
    yield Target("film fragment", tuple(leaves[1:3]), _seconds(leaves[0]))
    yield Target("muxed boxes", (b"".join(leaves),), _muxed, (StrangeBox,))


def _on_the_way() -> Iterator[Target]:
    packets = tuple(codec.encode(packet) for packet in cast("list[Packet]", PACKETS))
    yield Target("packet", packets, _same(codec.decode, codec.encode), (RefusedPacket,))
    journey, name = "ab" * 8, "media/000001-0001.mp4.age"
    messages = (
        State(True, 3, "0.1", 4, 5, ""),
        StationState(True, "w1-abc"),
        Offer(journey, (OfferedFile(name, 5, "ab" * 32),)),
        Grant(journey, "w1", 9, (Wanted(1, name, 0),), (name,)),
        Ack(journey, 5, 9),
        Stored(journey, name, "ab" * 32),
        Refusal(journey, name, "No."),
        ReceiptLetter("proof\n", (bytes(32),), 12, (name,)),
        AnchorLetter("head\n", (bytes(32),), 12),
    )
    for message in messages:
        kind = type(message)
        yield Target(kind.__name__, (message.payload(),), _same(kind.parse, kind.payload))
    yield Target("chunk", (chunk_bytes(7, 65_536, b"bytes"),), parse_chunk)
    yield Target("topic", (b"shilu/1/baofeng-mz/BF-0007/state",), _text(parse_topic))


def _outside() -> Iterator[Target]:
    seconds = tuple(
        f"$GNRMC,0100{n:02}.00,A,3352.12800,N,11303.28200,E,2.7,0.0,211126,,,A*00\r\n"
        f"$GNGGA,0100{n:02}.00,3352.12800,N,11303.28200,E,1,09,0.98,112.3,M,-17.1,M,,*00\r\n".encode()
        for n in range(3)
    )
    yield Target(
        "NMEA", (nmea_mended(b"".join(seconds)),), _received, (), nmea_mended, names_answers=True
    )
    yield Target(
        "NMEA with noise", (nmea_mended(b"".join(seconds)),), _received, (), names_answers=True
    )
    good = {
        layer: Source(layer, (SAMPLES / f"{layer}.toml").read_bytes())
        for layer in ("rules", "fleet", "unit")
    }
    rules = tuple(shipped(name).data for name in shipped_rules())
    yield Target(
        "config regulation", rules, lambda data: load_rules(Source("fuzz", data)), (ConfigRefused,)
    )

    def configured(layer: str) -> Callable[[bytes], object]:
        return lambda data: load(**{**good, layer: Source("fuzz.toml", data)})

    for layer, source in good.items():
        yield Target(f"config {layer}", (source.data,), configured(layer), (ConfigRefused,))
