"""Cases B of the lawyer's: certificates, receipts, heads, and records behind the end."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from recorder.evidence.note import NoteSignature, note_bytes, parse_note
from recorder.evidence.words import CHAIN_FILE, receipt_file
from tests.tamper.table import Table, case
from tests.verify.station import Station, certificate, pem
from tests.verify.unit import Dice

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.evidence.verdict import Verdict

CHAIN = "data/unit/" + CHAIN_FILE
NOT_RECEIPTED = "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_SIGNATURE TAIL_OPEN"


def certified_by(t: Table, *, below: bool = False, **issuer: object) -> Verdict:
    """Let the unit's certificate come from an issuer as told; `below`, from one issued by it."""
    station, unit, dice = t.scene.station, t.scene.unit, Dice(41)
    agency, key = station.agency, dice.p256()
    told: dict[str, object] = {"authority": True, **issuer}
    made = certificate(
        dice,
        key.public_key(),
        station.root_key,
        ("other", agency),
        ("root", agency),
        **told,  # type: ignore[arg-type]
    )
    chain, issuing, name = [made], key, "other"
    if below:
        issuing, name = dice.p256(), "below"
        names = (name, agency), ("other", agency)
        chain.insert(0, certificate(dice, issuing.public_key(), key, *names, authority=True))
    public = unit.identity.public_key()
    own = certificate(dice, public, issuing, (unit.number, agency), (name, agency), authority=False)
    unit.files[CHAIN_FILE] = "".join(map(pem, [own, *chain])).encode()
    unit.record(2)
    return t.hand_in()


@case("B29", "root → issuer (none below) → another → unit", "++?++ SIGNER_UNKNOWN")
def an_issuer_that_may_have_none_below_it_makes_one(t: Table) -> Verdict:
    return certified_by(t, below=True, path_length=0)


@case("B30", "root → issuer (one below) → another → unit", "+++++")
def an_issuer_that_may_have_one_below_it_makes_one(t: Table) -> Verdict:
    return certified_by(t, below=True, path_length=1)


@case("B31", "root → one whose key is not for certificates → unit", "++?++ SIGNER_UNKNOWN")
def an_issuer_whose_key_is_not_for_certificates(t: Table) -> Verdict:
    return certified_by(t, certifies=False)


def rebuilt(t: Table, number: int, change: Callable[[x509.Certificate, bytes], bytes]) -> Verdict:
    """Change the bytes of one certificate of the chain."""
    chain = x509.load_pem_x509_certificates(t.forger.files[CHAIN])
    ders = [each.public_bytes(Encoding.DER) for each in chain]
    ders[number] = change(chain[number], ders[number])
    t.forger.files[CHAIN] = b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + b64encode(der) + b"\n-----END CERTIFICATE-----\n"
        for der in ders
    )
    return t.hand_over()


@case("B37", "issuer's key → a point beside its curve", "++x++ CERTIFICATE_FORM")
def the_key_of_an_issuer_lies_beside_its_curve(t: Table) -> Verdict:
    def beside(issuer: x509.Certificate, der: bytes) -> bytes:
        key = issuer.public_key()
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return der.replace(point, point[:-1] + bytes([point[-1] ^ 1]))

    return rebuilt(t, 1, beside)


@case("B38", "issuer's name → no name", "++x++ CERTIFICATE_FORM")
def the_name_of_the_issuer_is_none(t: Table) -> Verdict:
    def nameless(own: x509.Certificate, der: bytes) -> bytes:
        name = own.issuer.public_bytes()
        return der.replace(name, name.replace(b"\x06\x03\x55", b"\x06\x7f\x55", 1))

    return rebuilt(t, 0, nameless)


@case("B36", "root → one that states no use of its key → unit", "+++++")
def an_issuer_that_does_not_say_what_its_key_is_for(t: Table) -> Verdict:
    """X.509 leaves that to it; that it is an authority is stated all the same."""
    return certified_by(t, states_use=False)


@case(
    "B39",
    "root → one that is no authority, its key for certificates → unit",
    "++?++ SIGNER_UNKNOWN",
)
def an_issuer_that_is_no_authority(t: Table) -> Verdict:
    return certified_by(t, authority=False, certifies=True)


@case("B32", "root → issuer, ended yesterday → unit", "++x++ CERTIFICATE_INSTANT")
def an_issuer_whose_time_was_over(t: Table) -> Verdict:
    return certified_by(t, days=199)


def forged_last(note: bytes, name: str) -> bytes:
    """Sign again what `name` signed, by a stranger's key under the key ID of the right one."""
    parsed = parse_note(note)
    signatures = tuple(
        NoteSignature(one.name, one.key_id, one.blob[:-64] + Dice(9).ed25519().sign(note))
        if one.name == name
        else one
        for one in parsed.signatures
    )
    return note_bytes(type(parsed)(parsed.text, signatures))


def receipt_with(t: Table, change: Callable[[bytes], bytes]) -> Verdict:
    """Record, and hand in a receipt whose checkpoint is changed."""
    t.scene.unit.record(2)
    name, proof = t.scene.station.receipt(t.scene.unit)
    before, gap, checkpoint = proof.partition(b"\n\n")
    t.scene.unit.files[name] = before + gap + change(checkpoint)
    return t.hand_in(final_receipt=False)


@case("B19", "R by K → R by K', key ID of K", NOT_RECEIPTED)
def a_receipt_by_a_stranger_under_the_stations_key_id(t: Table) -> Verdict:
    return receipt_with(t, lambda note: forged_last(note, t.scene.station.origin))


@case("B20", "W by K → W by K', key ID of K", NOT_RECEIPTED)
def a_cosignature_by_a_stranger_under_a_witness_key_id(t: Table) -> Verdict:
    return receipt_with(t, lambda note: forged_last(note, "witness-1.example"))


@case("B21", "W at 10:00 → W at 09:00", NOT_RECEIPTED)
def the_time_of_a_witness_is_edited(t: Table) -> Verdict:
    def earlier(note: bytes) -> bytes:
        lines = note.splitlines(keepends=True)
        start, _, encoded = lines[-1].rstrip().rpartition(b" ")
        blob = bytearray(b64decode(encoded))
        blob[4:12] = (int.from_bytes(blob[4:12], "big") - 3600).to_bytes(8, "big")
        return b"".join(lines[:-1]) + start + b" " + b64encode(blob) + b"\n"

    return receipt_with(t, earlier)


@case("B22", "R of baofeng → R of another agency's station", NOT_RECEIPTED)
def a_receipt_of_another_station(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    name, proof = Station(agency="other-mz", seed=31).receipt(unit)
    unit.files[name] = proof
    return t.hand_in(final_receipt=False)


@case("B23", "R9 in 9 → R9 in 9 and in 5", "+++++")
def a_receipt_lies_twice_under_two_numbers(t: Table) -> Verdict:
    """It proves what it proves under every name, and no more."""
    name = next(name for name in t.forger.files if name.endswith(".tlog-proof"))
    t.forger.files["data/unit/" + receipt_file(5)] = t.forger.files[name]
    return t.hand_over()


@case(
    "B25",
    "R of BF-0007 → R of BF-0009, over its log",
    "+?+?x NO_RECEIPT NO_RECEIPT_TIME RECEIPT_OTHER_LOG TAIL_OPEN",
)
def a_receipt_over_the_log_of_another_unit(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    other = {"log": "baofeng-mz.shilu/BF-0009", "size": 99, "root": bytes(32)}
    name, proof = t.scene.station.receipt(unit, **other)  # type: ignore[arg-type]
    unit.files[name] = proof
    return t.hand_in(final_receipt=False)


@case(
    "B26",
    "…789 R9 → …79 R9",
    "+x+++ HEAD_EXTRA HEAD_ROOT HISTORY_REWRITTEN RECORDING_OPEN RECORD_LINK RECORD_SEQ",
)
def the_very_record_that_a_receipt_ends_with_is_removed(t: Table) -> Verdict:
    unit = t.scene.unit
    unit.record(2)
    name, proof = t.scene.station.receipt(unit)
    unit.files[name] = proof
    last = unit.size - 1
    unit.record(2)
    t.forger.files = t.scene.station.package(unit)
    t.forger.lines(lambda lines: [*lines[:last], *lines[last + 1 :]])
    return t.judge_of_scene()


@case("B27", "log + torn → log + torn + record 3 again", "+++++")
def an_old_record_is_played_again_behind_the_torn_end(t: Table) -> Verdict:
    """What lies behind the newest head is no record, whatever it looks like."""
    t.forger.lines(lambda lines: [*lines, b'{"torn', b"\n", lines[3]])
    return t.hand_over()


@case("B28", "h0 h1 … → garbage h1 …", "+x+++ HEAD_FORM HEAD_MISSING")
def the_first_head_is_garbage(t: Table) -> Verdict:
    t.forger.heads(lambda heads: [b"x\n" * 5, *heads[1:]])
    return t.hand_over()


@case("B24", "h5 by K → by K', key ID of K", "++x++ HEAD_SIGNATURE")
def a_head_by_a_stranger_under_the_epochs_key_id(t: Table) -> Verdict:
    t.forger.heads(lambda hs: [*hs[:4], forged_last(hs[4], "baofeng-mz.shilu/BF-0007"), *hs[5:]])
    return t.hand_over()
