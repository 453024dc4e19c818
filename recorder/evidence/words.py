"""Words, numbers and names of the format: §1 and §2 of docs/format.md.

Promises that each thing has exactly one spelling, and that no file name leads anywhere but to a
file of §2. Every check returns what it was given, or raises Malformed.
"""

import base64
import binascii
import enum
import hashlib
import re
from dataclasses import dataclass

from recorder.evidence.canonical import MAX_INTEGER
from recorder.evidence.errors import Malformed

ZERO_DIGEST = "0" * 64
EMPTY_DIGEST = hashlib.sha256(b"").hexdigest()
CHAIN_FILE = "identity/chain.pem"
MAX_COMMAND_BYTES = 8192
"""Of the note of a command (§12)."""
STATION = "station"

_AGENCY = re.compile(r"[a-z0-9-]{2,32}")
_UNIT = re.compile(r"[A-Z0-9-]{3,16}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
_ORIGIN_JOINT = ".shilu/"


def check_agency(agency: str) -> str:
    """Return `agency` if it is an agency's identifier, such as `baofeng-mz`."""
    if not _AGENCY.fullmatch(agency):
        raise Malformed(
            f"The agency {agency[:40]!r} is not an identifier: use 2 to 32 of a-z, 0-9 and '-'."
        )
    return agency


def check_unit(unit: str) -> str:
    """Return `unit` if it is a unit's number, such as `BF-0007`."""
    if not _UNIT.fullmatch(unit):
        raise Malformed(
            f"The unit {unit[:40]!r} is not a unit's number: use 3 to 16 of A-Z, 0-9 and '-'."
        )
    return unit


def unit_origin(agency: str, unit: str) -> str:
    """Name the log of a unit."""
    return f"{check_agency(agency)}{_ORIGIN_JOINT}{check_unit(unit)}"


def station_origin(agency: str) -> str:
    """Name the log of an agency's station."""
    return f"{check_agency(agency)}{_ORIGIN_JOINT}{STATION}"


def parse_origin(origin: str) -> tuple[str, str]:
    """Split an origin into the agency and the unit's number (or `station`)."""
    agency, joint, name = origin.partition(_ORIGIN_JOINT)
    if not joint:
        raise Malformed(f"{origin[:80]!r} is not an origin such as 'baofeng-mz.shilu/BF-0007'.")
    check_agency(agency)
    if name != STATION:
        check_unit(name)
    return agency, name


def check_origin(origin: str) -> str:
    """Return `origin` if it names the log of a unit or of a station."""
    parse_origin(origin)
    return origin


def check_unit_origin(origin: str) -> str:
    """Return `origin` if it names the log of a unit."""
    if parse_origin(origin)[1] == STATION:
        raise Malformed(f"{origin!r} names a station's log where a unit's is meant.")
    return origin


def check_station_origin(origin: str) -> str:
    """Return `origin` if it names the log of a station."""
    if parse_origin(origin)[1] != STATION:
        raise Malformed(f"{origin!r} names a unit's log where a station's is meant.")
    return origin


def digest(data: bytes | bytearray | memoryview) -> str:
    """Give the SHA-256 of `data` as 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def check_digest(text: str) -> str:
    """Return `text` if it is a digest: 64 lower-case hexadecimal characters."""
    if not _DIGEST.fullmatch(text):
        raise Malformed(f"{text[:70]!r} is not a digest of 64 lower-case hexadecimal characters.")
    return text


def check_salt(text: str) -> str:
    """Return `text` if it is a salt: 32 lower-case hexadecimal characters."""
    if not _SALT.fullmatch(text):
        raise Malformed(f"{text[:40]!r} is not a salt of 32 lower-case hexadecimal characters.")
    return text


def base64_text(data: bytes) -> str:
    """Write `data` in base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


def base64_bytes(text: str) -> bytes:
    """Read base64 with padding; refuse every spelling but the canonical one."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{text[:40]!r} is not base64: {error}.") from None
    if base64_text(data) != text:
        raise Malformed(f"{text[:40]!r} is not canonical base64: its last bits are not zero.")
    return data


def decimal_number(text: str) -> int:
    """Read a decimal number from 0 to 2^53-1 without leading zeros."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16 and str(int(text)) == text):
        raise Malformed(f"{text[:40]!r} is not a decimal number without leading zeros.")
    return _bounded(int(text))


class FileKind(enum.Enum):
    """What a file of §2 holds."""

    LOG = "log"
    HEADS = "heads"
    MEDIA = "media"
    BLOCKS = "blocks"
    SIDE = "side"
    MEDIA_TAIL = "media tail"
    SIDE_TAIL = "side tail"
    RECEIPT = "receipt"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class FileName:
    """A name of §2 taken apart; a number that such a file does not have is 0."""

    kind: FileKind
    run: int = 0
    recording: int = 0
    segment: int = 0
    size: int = 0


def log_file(run: int) -> str:
    """Name the records of a run."""
    return f"log/{_number(run):06d}.jsonl"


def heads_file(run: int) -> str:
    """Name the heads of a run."""
    return f"log/{_number(run):06d}.heads"


def media_file(recording: int, segment: int) -> str:
    """Name the encrypted picture and sound of a segment."""
    return f"media/{_number(recording):06d}-{_number(segment):04d}.mp4.age"


def side_file(recording: int, segment: int) -> str:
    """Name the encrypted sidecar of a segment."""
    return f"media/{_number(recording):06d}-{_number(segment):04d}.side.age"


def receipt_file(size: int) -> str:
    """Name the receipt for the first `size` records."""
    return f"receipts/{_number(size):08d}.tlog-proof"


def blocks_of(file: str) -> str:
    """Name the block digests of a media file."""
    return f"{_name_of(file, FileKind.MEDIA)}.blocks"


def tail_of(file: str) -> str:
    """Name the tail of a media file or of a sidecar."""
    return f"{_name_of(file, FileKind.MEDIA, FileKind.SIDE)}.tail"


_SHAPES = (
    (FileKind.LOG, re.compile(r"log/(?P<run>[0-9]{6,16})\.jsonl")),
    (FileKind.HEADS, re.compile(r"log/(?P<run>[0-9]{6,16})\.heads")),
    (FileKind.RECEIPT, re.compile(r"receipts/(?P<size>[0-9]{8,16})\.tlog-proof")),
    *(
        (kind, re.compile(rf"media/(?P<recording>[0-9]{{6,16}})-(?P<segment>[0-9]{{4,16}})\.{end}"))
        for kind, end in (
            (FileKind.MEDIA, r"mp4\.age"),
            (FileKind.BLOCKS, r"mp4\.age\.blocks"),
            (FileKind.MEDIA_TAIL, r"mp4\.age\.tail"),
            (FileKind.SIDE, r"side\.age"),
            (FileKind.SIDE_TAIL, r"side\.age\.tail"),
        )
    ),
    (FileKind.CHAIN, re.compile(re.escape(CHAIN_FILE))),
)
_WIDTHS = {"run": 6, "recording": 6, "segment": 4, "size": 8}


def parse_file(name: str) -> FileName:
    """Take a file name apart; raise Malformed unless it is spelt exactly as §2 spells it."""
    for kind, shape in _SHAPES:
        match = shape.fullmatch(name)
        if match:
            numbers = {key: int(text) for key, text in match.groupdict().items()}
            for key, text in match.groupdict().items():
                if f"{_number(numbers[key]):0{_WIDTHS[key]}d}" != text:
                    raise Malformed(f"The file name {name!r} has a number with surplus zeros.")
            return FileName(kind, **numbers)
    raise Malformed(f"{name[:80]!r} is not the name of a file of this format.")


def _name_of(file: str, *kinds: FileKind) -> str:
    if parse_file(file).kind not in kinds:
        raise Malformed(f"{file!r} has no such companion file.")
    return file


def _number(number: int) -> int:
    if number < 1:
        raise Malformed(f"{number} cannot stand in a file name; numbers begin with 1.")
    return _bounded(number)


def _bounded(number: int) -> int:
    if number > MAX_INTEGER:
        raise Malformed(f"The number {number} lies beyond 2^53-1.")
    return number
