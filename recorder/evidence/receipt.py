"""Receipts: the station's proof that it holds a copy, and that others saw it say so (§9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from recorder.evidence import canonical
from recorder.evidence.errors import BadProof, BadSignature, Malformed
from recorder.evidence.head import (
    Head,
    check_cosignature,
    check_head,
    parse_signed_head,
)
from recorder.evidence.moment import check_utc
from recorder.evidence.note import VerifierKey
from recorder.evidence.shape import Count, Digest, Number, Salt, Shape
from recorder.evidence.tree import check_inclusion, leaf_hash
from recorder.evidence.words import (
    base64_bytes,
    base64_text,
    check_station_origin,
    check_unit_origin,
    decimal_number,
    parse_file,
)

_FIRST = "c2sp.org/tlog-proof@v1"
_MAX_HASHES = 64
VERSION = 1
TYPE = "custody"


@dataclass(frozen=True, slots=True)
class FiledFile:
    """A file that the station holds."""

    file: Annotated[str, parse_file]
    sha256: Digest


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """What the station logs: these files, and the first `size` records of `log`, in `copies`.

    `root` is of the unit's tree at `size`, in hexadecimal; `files` are sorted by name.
    """

    copies: Number
    files: tuple[FiledFile, ...]
    log: Annotated[str, check_unit_origin]
    root: Digest
    salt: Salt
    size: Count
    station: Annotated[str, check_station_origin]
    utc: Annotated[str, check_utc]

    def check(self) -> None:
        """Raise Malformed unless the files are sorted and each stands once."""
        names = [filed.file for filed in self.files]
        if names != sorted(set(names)):
            raise Malformed("The files of a custody entry are sorted by name, each once.")

    def line(self) -> bytes:
        """Write the entry as its line, with the line feed."""
        return canonical.line({"v": VERSION, "type": TYPE, **_ENTRY.value(self, TYPE)})

    @classmethod
    def parse(cls, line: bytes) -> "CustodyEntry":
        """Read the entry's line, with the line feed."""
        fields = canonical.decode(line.removesuffix(b"\n")) if line.endswith(b"\n") else ""
        if not isinstance(fields, dict):
            raise Malformed("A custody entry is a JSON object and a line feed.")
        version, type_ = fields.pop("v", 0), fields.pop("type", "")
        if version is True or version != VERSION or type_ != TYPE:
            raise Malformed("This is not a custody entry of version 1.")
        return _ENTRY.of(fields, TYPE)


_ENTRY = Shape(CustodyEntry)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A C2SP tlog-proof: the entry as `extra`, its place, its path and a cosigned head."""

    extra: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def text(self) -> bytes:
        """Write the proof as it lies in its file."""
        path = "".join(f"{base64_text(node)}\n" for node in self.hashes)
        head = f"{_FIRST}\nextra {base64_text(self.extra)}\nindex {self.index}\n{path}\n"
        return head.encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read a proof, verifying nothing; raise Malformed if it is not one."""
        first, gap, checkpoint = data.partition(b"\n\n")
        try:
            lines = first.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed("The receipt is not ASCII before its checkpoint.") from None
        if len(lines) < 3 or lines[0] != _FIRST or not gap:
            raise Malformed(f"The receipt does not begin as {_FIRST} does.")
        hashes = tuple(base64_bytes(line) for line in lines[3:])
        if len(hashes) > _MAX_HASHES or any(len(node) != 32 for node in hashes):
            raise Malformed("The receipt's path is not of at most 64 hashes of 32 bytes.")
        extra = base64_bytes(_behind("extra ", lines[1]))
        return cls(extra, decimal_number(_behind("index ", lines[2])), hashes, checkpoint)


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """Whom to believe: the station's log key, the witnesses, and how many of them it takes."""

    station: VerifierKey
    witnesses: tuple[VerifierKey, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a checked receipt proves; `cosigned` names each witness and its seconds since 1970."""

    entry: CustodyEntry
    index: int
    head: Head
    cosigned: tuple[tuple[str, int], ...]


def check_receipt(proof: TlogProof, policy: LogPolicy) -> Receipt:
    """Give what `proof` proves under `policy`.

    Raises Malformed, BadSignature (log key, witness, quorum) or BadProof (inclusion). Whether the
    entry speaks of this unit's log and digests is for the caller to compare.
    """
    head, cosigned = check_station_head(proof.checkpoint, policy)
    check_inclusion(leaf_hash(proof.extra), proof.index, head.size, proof.hashes, head.root)
    entry = CustodyEntry.parse(proof.extra)
    if entry.station != head.origin:
        raise BadProof(f"The entry is of {entry.station}, but it lies in the log {head.origin}.")
    return Receipt(entry, proof.index, head, cosigned)


def check_station_head(
    checkpoint: bytes, policy: LogPolicy
) -> tuple[Head, tuple[tuple[str, int], ...]]:
    """Give a station's head and who cosigned it when, if the quorum of `policy` is met.

    Raises BadSignature if the log key or a known witness signed badly, or too few signed.
    """
    signed = parse_signed_head(checkpoint)
    check_head(signed, policy.station)
    cosigned = tuple(
        (witness.name, check_cosignature(signed.note, witness))
        for witness in _distinct(policy.witnesses)
        if signed.note.by(witness)
    )
    if len(cosigned) < policy.quorum:
        raise BadSignature(
            f"Only {len(cosigned)} known witnesses cosigned the head of {signed.head.origin}; "
            f"{policy.quorum} are needed."
        )
    return signed.head, cosigned


def _distinct(witnesses: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Leave out a witness whose key stands twice: one hand is one witness."""
    return tuple({witness.public_key: witness for witness in reversed(witnesses)}.values())[::-1]


def _behind(word: str, line: str) -> str:
    if not line.startswith(word):
        raise Malformed(f"The receipt holds {line[:40]!r} where '{word}…' should stand.")
    return line.removeprefix(word)
