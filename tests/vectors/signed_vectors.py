"""Vectors with signatures: heads, epochs, standings and receipts."""

from __future__ import annotations

import base64
from dataclasses import replace

from recorder.evidence.command import Command, command_key_name, sign_command
from recorder.evidence.epoch import EpochStatement, epoch_body
from recorder.evidence.head import Head, cosign, sign_head
from recorder.evidence.note import (
    COSIGNATURE,
    ED25519,
    VerifierKey,
    add_signature,
    note_bytes,
    parse_note,
    sign_note,
)
from recorder.evidence.receipt import CustodyEntry, FiledFile, TlogProof
from recorder.evidence.record import (
    Clear,
    Fragments,
    SealedFile,
    SealedMedia,
    Span,
    Tail,
)
from recorder.evidence.sidecar import Officers
from recorder.evidence.standing import Standing, sign_standing
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.evidence.words import digest, media_file, side_file, tail_of
from tests.vectors.fixed import (
    ORIGIN,
    SALT,
    SECONDS,
    STATION,
    FixedSigner,
    Vector,
    key_text,
    named,
    packed,
    signing_key,
)


def heads() -> list[Vector]:
    """Give heads as units sign them, and as nobody may."""
    head = Head(ORIGIN, 42, leaf_hash(b"42\n"))
    good = sign_head(head, signing_key(1)).decode()
    key = key_text(ORIGIN, ED25519, 1)
    text = head.text()
    changed = good.replace("\n42\n", "\n43\n")
    extended = sign_note_text(text + "an extension\n")
    cases = [
        ("a head", "ok", good, key),
        ("a stranger's signature beside it", "ok", good + "— stranger YWJjZGU=\n", key),
        ("another size under the same signature", "BadSignature", changed, key),
        ("another epoch's key", "BadSignature", good, key_text(ORIGIN, ED25519, 2)),
        ("another log's key", "BadSignature", good, key_text("other", ED25519, 1)),
        ("a witness key in place of the log's", "BadSignature", good, key_text(ORIGIN, 4, 1)),
        ("a bad second signature of the key", "BadSignature", good + forged(key), key),
        ("no signature", "Malformed", text + "\n", key),
        ("a size with a leading zero", "Malformed", good.replace("\n42\n", "\n042\n"), key),
        ("an extension line", "Malformed", extended, key),
        ("a carriage return", "Malformed", good.replace("\n42\n", "\r\n42\n"), key),
        ("no last line feed", "Malformed", good[:-1], key),
    ]
    made = [named("head", n, e, note=note, key=k) for n, e, note, k in cases]
    note = parse_note(good.encode())
    seen = add_signature(note, cosign(note, "witness.example", signing_key(3), SECONDS))
    witness = key_text("witness.example", COSIGNATURE, 3)
    twin = key_text("witness.example", COSIGNATURE, 4)
    noted = note_bytes(seen).decode()
    given = {"note": noted, "key": witness, "unix_s": SECONDS}
    made.append(named("cosignature", "a cosigned head", "ok", **given))
    given = {"note": noted.replace("\n42\n", "\n43\n"), "key": witness}
    made.append(named("cosignature", "of another head", "BadSignature", **given))
    given = {"note": noted, "key": twin}
    made.append(named("cosignature", "of another witness", "BadSignature", **given))
    return made


def sign_note_text(text: str) -> str:
    """Sign any text as the unit's first key would."""
    key = VerifierKey.of(ORIGIN, ED25519, signing_key(1).public_key())
    signature = base64.b64encode(key.key_id + signing_key(1).sign(text.encode())).decode()
    return f"{text}\n— {ORIGIN} {signature}\n"


def forged(key: str) -> str:
    """Write a signature line with the key's name and ID, and nothing behind it."""
    known = VerifierKey.parse(key)
    return f"— {known.name} {base64.b64encode(known.key_id + bytes(64)).decode()}\n"


def epochs() -> list[Vector]:
    """Give an epoch's statement with both signatures, and changed ones."""
    signer = FixedSigner(7)
    body = epoch_body(
        origin=ORIGIN,
        epoch=2,
        seq=64,
        prev=digest(b"63\n"),
        key=signing_key(2),
        next_public=signing_key(3).public_key(),
        signer=signer,
        previous=signing_key(1),
    )
    promised = (body.public_key, body.next_sha256)
    statement = EpochStatement(ORIGIN, 2, 64, digest(b"63\n"), *promised)
    given = {
        "origin": ORIGIN,
        "epoch": 2,
        "seq": 64,
        "prev": statement.prev,
        "public_key": body.public_key,
        "next_sha256": body.next_sha256,
        "identity_pem": signer.pem(),
        "previous_key": key_text(ORIGIN, ED25519, 1),
        "identity_signature": body.identity_signature,
        "previous_signature": body.previous_signature,
    }
    stranger = FixedSigner(8).pem()
    return [
        named("epoch", "an epoch", "ok", **given, statement=statement.text().decode()),
        named("epoch", "another number", "BadSignature", **{**given, "epoch": 3}),
        named("epoch", "another place", "BadSignature", **{**given, "seq": 65}),
        named("epoch", "another identity", "BadSignature", **{**given, "identity_pem": stranger}),
        named("epoch", "no signature", "BadSignature", **{**given, "previous_signature": ""}),
        named("epoch", "no base64", "Malformed", **{**given, "identity_signature": "?"}),
    ]


def standings() -> list[Vector]:
    """Give a standing as custody keeps it, and others."""
    film, side = media_file(12, 3), side_file(12, 3)

    def tail(file: str) -> Tail:
        return Tail(tail_of(file), 300, digest(b"tail"), 65_536)

    open_film = SealedMedia(
        film, 65_800, digest(b"film"), None, False, Clear(70_000, digest(b"clear")),
        Fragments(3, digest(b"fragments")), tail(film),
    )  # fmt: skip
    open_side = SealedFile(side, 200, digest(b"side"), False, Clear(80, digest(b"words")))
    standing = Standing(12, 3, open_film, open_side, Span(3_540_000, 3_541_467, 45, 72_000))
    note = sign_standing(ORIGIN, 7, standing, signing_key(1)).decode()
    key = key_text(ORIGIN, ED25519, 1)
    complete = note.replace('"complete":false', '"complete":true')
    cases = [
        ("a standing", "ok", note, 7, key),
        ("of another epoch", "Malformed", note, 8, key),
        ("of a closed file", "Malformed", complete, 7, key),
        ("of another segment", "Malformed", note.replace('"segment":3', '"segment":4'), 7, key),
        ("with another length", "BadSignature", note.replace("65800", "65801"), 7, key),
        ("under another key", "BadSignature", note, 7, key_text(ORIGIN, ED25519, 2)),
    ]
    return [
        named("standing", n, e, note=text, epoch=epoch, key=k) for n, e, text, epoch, k in cases
    ]


def receipts() -> list[Vector]:
    """Give receipts that prove custody, and some that do not."""
    entry = CustodyEntry(
        copies=1,
        files=(FiledFile(media_file(12, 3), digest(b"film")),),
        log=ORIGIN,
        root=digest(b"root"),
        salt=SALT,
        size=42,
        station=STATION,
        utc="2026-11-21T18:05:33.120Z",
    )
    whole = FullTree(leaf_hash(line) for line in (b"0\n", b"1\n", entry.line(), b"3\n"))
    note = parse_note(sign_head(Head(STATION, 4, whole.root()), signing_key(10)))
    names = {11: "witness-1.example", 12: "witness-2.example"}
    seen = note
    for number, name in names.items():
        seen = add_signature(seen, cosign(note, name, signing_key(number), SECONDS))
    proof = TlogProof(entry.line(), 2, whole.inclusion(2, 4), note_bytes(seen))
    policy = {
        "station": key_text(STATION, ED25519, 10),
        "witnesses": [key_text(name, COSIGNATURE, n) for n, name in names.items()],
        "quorum": 2,
    }
    stranger = {**policy, "station": key_text(STATION, ED25519, 9)}
    lonely = replace(proof, checkpoint=note_bytes(note))
    unsorted = entry.line().replace(b'"copies":1', b'"copies": 1')
    nodes = "\n".join(packed(node) for node in proof.hashes)
    cases = [
        ("a receipt", "ok", proof, policy),
        ("no witness, and none needed", "ok", lonely, {**policy, "quorum": 0}),
        ("no witness", "BadSignature", lonely, policy),
        ("another station's key", "BadSignature", proof, stranger),
        ("another entry", "BadProof", replace(proof, extra=entry.line() + b" "), policy),
        ("another place", "BadProof", replace(proof, index=1), policy),
        ("an entry with a space", "BadProof", replace(proof, extra=unsorted), policy),
    ]
    made = [
        named("receipt", n, e, proof=case.text().decode(), policy=p, entry=entry.line().decode())
        for n, e, case, p in cases
    ]
    text = proof.text().decode()
    for name, bad in {
        "an index with a leading zero": text.replace("index 2", "index 02"),
        "no extra": "\n".join(line for line in text.split("\n") if not line.startswith("extra ")),
        "a path that is no hashes": text.replace(nodes, "AAAA"),
        "nothing": "",
    }.items():
        made.append(named("receipt", name, "Malformed", proof=bad, policy=policy))
    return made


def commands() -> list[Vector]:
    """Give commands as a station signs them, and what no unit obeys."""
    name = command_key_name("baofeng-mz")
    crew = Officers(("张三", "李四"), ("100001", "100002"))
    times = ("2026-11-21T08:00:00.000Z", "2026-11-21T20:00:00.000Z")
    command = Command(ORIGIN, 17, *times, crew, SALT)
    note = sign_command(command, signing_key(5)).decode()
    look = sign_command(replace(command, officers=None), signing_key(5)).decode()
    key = key_text(name, ED25519, 5)
    others = parse_note(note.encode())
    twice = note_bytes(add_signature(others, others.signatures[0])).decode()
    good = [
        named("command", "officers", "ok", note=note, key=key, sha256=digest(note.encode())),
        named("command", "a look", "ok", note=look, key=key, sha256=digest(look.encode())),
    ]
    unsigned = [
        ("another officer under the same signature", note.replace("李四", "李五"), key),
        ("another unit under the same signature", note.replace("BF-0007", "BF-0008"), key),
        ("another number under the same signature", note.replace("\n17\n", "\n18\n"), key),
        ("a key that is not pinned", note, key_text(name, ED25519, 6)),
        ("the key of the station's log", note, key_text(STATION, ED25519, 5)),
    ]
    bad = [named("command", n, "BadSignature", note=text, key=k) for n, text, k in unsigned]
    spellings = {
        "another version": ("command/v1", "command/v2"),
        "a station as the unit": ("BF-0007\n", "station\n"),
        "number 0": ("\n17\n", "\n0\n"),
        "a leading zero": ("\n17\n", "\n017\n"),
        "a time that ends before it begins": (times[1], times[0]),
        "two spaces between the times": ("Z 2026", "Z  2026"),
        "something else than may be ordered": ("officers {", "delete {"),
        "a space in the JSON": ('{"names"', '{ "names"'),
        "more names than numbers": ('"100001",', ""),
        "no officer": ('"张三","李四"', ""),
        "a number twice": ("100002", "100001"),
        "a name that turns the line around": ("张三", "\u202e张三"),
        "a name with a space at its end": ("张三", "张三 "),
        "a name of 65 characters": ("张三", "张" * 65),
        "a number with a space": ("100001", "100 01"),
        "a short salt": (SALT, SALT[:30]),
        "a seventh line": (SALT, f"{SALT}\nmore"),
    }
    for what, (old, new) in spellings.items():
        text = sign_note(command.text().replace(old, new), name, signing_key(5)).decode()
        bad.append(named("command", what, "Malformed", note=text, key=key))
    aliens = [
        ("two signatures", twice),
        (
            "signed in the name of the log",
            sign_note(command.text(), STATION, signing_key(5)).decode(),
        ),
        ("longer than 8192 bytes", note + "x" * 8192),
        ("no signature", f"{command.text()}\n"),
        ("nothing", ""),
    ]
    bad += [named("command", n, "Malformed", note=text, key=key) for n, text in aliens]
    return good + bad
