"""Standings: how an open segment stood at a sync, signed while the epoch key still lived (§8)."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence import canonical
from recorder.evidence.errors import Malformed
from recorder.evidence.note import VerifierKey, check_note, parse_note, sign_note
from recorder.evidence.sealed import Standing
from recorder.evidence.shape import Shape
from recorder.evidence.words import check_unit_origin, decimal_number

__all__ = [
    "Standing",
    "check_standing",
    "parse_standing",
    "sign_standing",
    "standing_text",
]

_FIRST = "shilu/1 standing"
_SHAPE = Shape(Standing)


def standing_text(origin: str, epoch: int, standing: Standing) -> str:
    """Write the four lines that are signed."""
    seen = canonical.encode(_SHAPE.value(standing, "standing")).decode()
    if epoch < 1:
        raise Malformed(f"A standing names epoch {epoch}; epochs begin with 1.")
    return f"{_FIRST}\n{check_unit_origin(origin)}\n{epoch}\n{seen}\n"


def parse_standing(text: str) -> tuple[str, int, Standing]:
    """Read the four lines: origin, epoch and the standing."""
    lines = text.split("\n")
    if len(lines) != 5 or lines[0] != _FIRST or lines[4]:
        raise Malformed(f"A standing has four lines, and the first is {_FIRST!r}.")
    epoch = decimal_number(lines[2])
    if epoch == 0:
        raise Malformed(f"A standing names epoch {epoch}; epochs begin with 1.")
    try:
        seen = canonical.decode(lines[3].encode())
    except UnicodeEncodeError:
        raise Malformed("A standing holds half of a surrogate pair.") from None
    return check_unit_origin(lines[1]), epoch, _SHAPE.of(seen, "standing")


def sign_standing(origin: str, epoch: int, standing: Standing, private: Ed25519PrivateKey) -> bytes:
    """Sign a standing by the epoch's key: a note, as the `segment` record carries it."""
    return sign_note(standing_text(origin, epoch, standing), origin, private)


def check_standing(note: bytes, epoch: int, key: VerifierKey) -> Standing:
    """Give the standing of a note if `key`, that of `epoch`, signed it for its own log.

    Raises Malformed for what is not a standing of that log and epoch, BadSignature otherwise.
    """
    signed = parse_note(note)
    origin, stated, standing = parse_standing(signed.text)
    if (origin, stated) != (key.name, epoch):
        raise Malformed(f"The standing is of {origin}, epoch {stated}, not of epoch {epoch}.")
    check_note(signed, key)
    return standing
