"""Vectors of encrypted files."""

from __future__ import annotations

from recorder.evidence.age import Identity, encrypt
from tests.vectors.fixed import (
    Vector,
    dice,
    named,
    packed,
)


def age_files() -> list[Vector]:
    """Give small encrypted files: whole, cut, changed, and for somebody else."""
    station, recovery = Identity.of(bytes(range(32))), Identity.of(bytes(range(1, 33)))
    recipients = (station.recipient(), recovery.recipient())
    clear = "实录: twenty seconds of a film\n".encode()
    good = encrypt(clear, recipients, dice("age"))
    empty = encrypt(b"", recipients[:1], dice("empty"))
    body = good.index(b"\n--- ") + 49
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    cases = [
        ("for the station", "ok", good, station, clear),
        ("for the agency's recovery", "ok", good, recovery, clear),
        ("an empty file", "ok", empty, station, b""),
        ("for somebody else", "NotForUs", good, Identity.of(bytes(range(2, 34))), b""),
        ("a changed byte of the payload", "DamagedChunk", flipped, station, b""),
        ("a byte behind the end", "DamagedChunk", good + b"x", station, b""),
        ("a byte missing at the end", "DamagedChunk", good[:-1], station, b""),
        ("no chunk at all", "Truncated", good[: body + 16], station, b""),
        ("cut within the header", "Truncated", good[:100], station, b""),
        ("another version", "Malformed", good.replace(b"/v1\n", b"/v2\n"), station, b""),
        ("a stanza added", "Malformed", good.replace(b"\n--- ", b"\n-> x\n\n--- "), station, b""),
        ("a padded MAC", "Malformed", good[: body - 1] + b"=" + good[body - 1 :], station, b""),
        ("no age file", "Malformed", b"ftyp", station, b""),
    ]
    return [
        named("age", n, e, file=packed(file), identity=key.text(), clear=packed(content))
        for n, e, file, key, content in cases
    ]
