"""Vectors that need no key: canonical JSON, tree, names, records, fragments, sidecars."""

from __future__ import annotations

from dataclasses import replace

from recorder.evidence.moment import ClockSource, Moment
from recorder.evidence.record import (
    CommandTaken,
    Mark,
    Ordered,
    Record,
    encode_record,
)
from recorder.evidence.sidecar import (
    CommandNote,
    Officers,
    SideHeader,
    side_header_line,
    side_line,
)
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.evidence.words import ZERO_DIGEST, digest, media_file, side_file
from tests.vectors.fixed import (
    ORIGIN,
    SALT,
    Vector,
    named,
    packed,
)


def canonical() -> list[Vector]:
    """Give canonical JSON and second spellings of it."""
    good = {
        "an object with sorted keys": '{"a":1,"b":[true,false,"实录"],"c":{}}',
        "escapes as RFC 8785 writes them": '"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\x7f"',
        "the largest integer": "9007199254740991",
        "the smallest integer": "-9007199254740991",
    }
    bad = {
        "unsorted keys": '{"b":1,"a":2}',
        "white space": '{"a": 1}',
        "a key twice": '{"a":1,"a":1}',
        "a float": "1.0",
        "an exponent": "1e3",
        "a null": '{"a":null}',
        "minus zero": "-0",
        "a leading zero": "01",
        "an integer too large": "9007199254740992",
        "an escape that is not needed": '"\\u0041"',
        "half of a surrogate pair": '"\\ud800"',
        "a key outside ASCII": '{"键":1}',
        "a line feed behind it": "{}\n",
        "nothing": "",
    }
    return [
        *(named("canonical", name, "ok", input=text) for name, text in good.items()),
        *(named("canonical", name, "Malformed", input=text) for name, text in bad.items()),
    ]


def tree() -> list[Vector]:
    """Give roots and proofs of a tree over the lines 0 to 12."""
    entries = [f"{n}\n" for n in range(13)]
    whole = FullTree(leaf_hash(entry.encode()) for entry in entries)
    made = [
        named("root", f"the root of {size}", "ok", entries=entries[:size], root=hexed(whole, size))
        for size in (0, 1, 2, 3, 7, 8, 13)
    ]
    given: Vector = {}
    for index, size in ((0, 1), (0, 8), (4, 7), (6, 7), (12, 13)):
        given = {"entry": entries[index], "index": index, "size": size}
        given["proof"] = [node.hex() for node in whole.inclusion(index, size)]
        given["root"] = hexed(whole, size)
        made.append(named("inclusion", f"entry {index} of {size}", "ok", **given))
    wrong = {**given, "entry": "edited\n"}
    made.append(named("inclusion", "an edited entry", "BadProof", **wrong))
    made.append(named("inclusion", "another place", "BadProof", **{**given, "index": 11}))
    short = {**given, "proof": given["proof"][:-1]}
    made.append(named("inclusion", "a short proof", "BadProof", **short))
    long = {**given, "proof": [*given["proof"], given["root"]]}
    made.append(named("inclusion", "a long proof", "BadProof", **long))
    for old, new in ((0, 5), (1, 2), (3, 7), (4, 8), (6, 13), (13, 13)):
        given = {"old_size": old, "old_root": hexed(whole, old)}
        given |= {"new_size": new, "new_root": hexed(whole, new)}
        given["proof"] = [node.hex() for node in whole.consistency(old, new)]
        made.append(named("consistency", f"from {old} to {new}", "ok", **given))
    given["old_root"] = hexed(whole, 12)
    made.append(named("consistency", "two trees of one size", "BadProof", **given))
    given |= {"old_size": 6, "proof": [node.hex() for node in whole.consistency(6, 13)]}
    made.append(named("consistency", "a rewritten past", "BadProof", **given))
    return made


def hexed(whole: FullTree, size: int) -> str:
    """Give the root at `size` in hexadecimal."""
    return whole.root(size).hex()


def records() -> list[Vector]:
    """Give a record, and records that no reader takes."""
    at = Moment(3_600_120, "2026-11-21T10:05:33.120Z", ClockSource.GPS, 50)
    record = Record(41, 3, 7, ZERO_DIGEST, SALT, at, ORIGIN, Mark(12, 3_599_000))
    good = encode_record(record).decode()
    lacking = good.replace('"media_ms":3599000,', "")
    cases = [
        ("a mark", "ok", good),
        ("no line feed", "Malformed", good[:-1]),
        ("an unknown version", "Malformed", good.replace('"v":1', '"v":2')),
        ("an unknown type", "Malformed", good.replace('"mark"', '"praise"')),
        ("an unknown field", "Malformed", good.replace('"v":1', '"v":1,"w":1')),
        ("a field missing", "Malformed", lacking),
        ("a boolean for a number", "Malformed", good.replace(":12,", ":true,")),
        ("recording 0", "Malformed", good.replace(":12,", ":0,")),
        ("a clock nobody knows", "Malformed", good.replace('"gps"', '"sundial"')),
        ("a day that never was", "Malformed", good.replace("-11-21T", "-02-30T")),
        ("a station's log", "Malformed", good.replace("BF-0007", "station")),
        ("a digest in capitals", "Malformed", good.replace(ZERO_DIGEST, "A" * 64)),
    ]
    taken = encode_record(replace(record, body=CommandTaken(17, Ordered.OFFICERS, ZERO_DIGEST)))
    order = taken.decode()
    cases += [
        ("a command", "ok", order),
        ("a command to delete", "Malformed", order.replace('"officers"', '"delete"')),
        ("command 0", "Malformed", order.replace(":17,", ":0,")),
    ]
    return [named("record", name, expect, line=line) for name, expect, line in cases]


def file_names() -> list[Vector]:
    """Give names of files, and names that are none."""
    good = [
        *("log/000003.jsonl", "log/000003.heads", "log/1000003.heads", "identity/chain.pem"),
        *(media_file(12, 3), media_file(12, 3) + ".blocks", media_file(12, 3) + ".tail"),
        *(side_file(12, 3), side_file(12, 3) + ".tail", "receipts/00000041.tlog-proof"),
    ]
    bad = [
        *("", "log/3.jsonl", "log/0000003.jsonl", "log/000000.jsonl", "/log/000003.jsonl"),
        *("../log/000003.jsonl", "media/../log/000003.jsonl", "media/000012-0003.mp4"),
        *("media/000012-0003.side.age.blocks", "log/000003.jsonl\n", "identity/chain.pem/"),
    ]
    return [
        *(named("file name", repr(name), "ok", file=name) for name in good),
        *(named("file name", repr(name), "Malformed", file=name) for name in bad),
    ]


def fragments() -> list[Vector]:
    """Give small films of boxes with their fragments, and broken ones."""

    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    opening = box(b"ftyp", b"isom") + box(b"moov", b"tracks")
    parts = [opening, *(box(b"moof", b"%d" % n) + box(b"mdat", b"%d" % n * n) for n in range(4))]
    film = b"".join(parts)
    root = FullTree(leaf_hash(part) for part in parts).root().hex()
    cut = film[:-2]
    stump = FullTree(leaf_hash(part) for part in (*parts[:-1], parts[-1][:-2])).root().hex()
    given = {"count": len(parts), "complete": True}
    return [
        named("fragments", "a film", "ok", film=packed(film), root=root, **given),
        named("fragments", "a film cut off", "ok", film=packed(cut), root=stump,
              count=len(parts), complete=False),
        named("fragments", "nothing", "ok", film="", root=digest(b""), count=0, complete=True),
        named("fragments", "no opening", "Malformed", film=packed(parts[1]), **given),
        named("fragments", "within a box", "Malformed", film=packed(cut), **given),
        named("fragments", "a box behind the last mdat", "Malformed",
              film=packed(film + box(b"mfra", b"")), **given),
        named("fragments", "a box without a size", "Malformed",
              film=packed(opening + bytes(4) + b"mdat"), **given),
    ]  # fmt: skip


def sidecars() -> list[Vector]:
    """Give a sidecar, and lines that are none."""
    first = side_header_line(SideHeader(ORIGIN, 12, 3)).decode()
    second = side_line(Officers(("王伟", "李娜"), ("012345", "012346")), 3_540_000).decode()
    cases = [
        ("a sidecar", "ok", first + second),
        ("no header", "Malformed", second),
        ("an empty line", "Malformed", first + "\n"),
        ("an unknown entry", "Malformed", first + second.replace("officers", "rumours")),
        ("a cut line", "Malformed", first + second[:-9]),
    ]
    third = side_line(CommandNote("shilu.command/v1\n…"), 3_540_000).decode()
    cases += [
        ("a sidecar with a command", "ok", first + second + third),
        ("a command without its note", "Malformed", first + third.replace('"note"', '"word"')),
    ]
    return [named("sidecar", name, expect, clear=clear) for name, expect, clear in cases]
