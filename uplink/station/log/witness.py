"""A witness: cosigns a log's head only if it extends the newest one it has seen (C2SP).

It promises that of one origin it never cosigns two heads that contradict each other, over any
crash: its memory is durable before its signature leaves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence.errors import BadProof, BadSignature, Malformed
from recorder.evidence.head import Head, SignedHead, check_head, cosign, parse_head
from recorder.evidence.note import Note, NoteSignature, VerifierKey
from recorder.evidence.tree import EMPTY_ROOT, check_consistency
from recorder.evidence.words import digest
from uplink.station.store.durable import held, write_durably


class WitnessRefused(Exception):
    """The witness does not cosign; the sentence says why. `known_size` is what it has seen."""

    def __init__(self, sentence: str, known_size: int) -> None:
        super().__init__(sentence)
        self.known_size = known_size


class Stale(WitnessRefused):
    """The proof starts from another size than the one the witness knows; ask again from it."""


class WitnessUnreachable(Exception):
    """The witness does not answer; the sentence says what to do."""


class Witness(Protocol):
    """Whoever cosigns."""

    @property
    def key(self) -> VerifierKey:
        """The public half, kind 0x04."""

    def cosign(self, old_size: int, proof: Sequence[bytes], note: Note) -> NoteSignature:
        """Return a cosignature. Raise Stale, WitnessRefused or WitnessUnreachable."""


@dataclass(slots=True)
class LocalWitness:
    """A witness with its own key and its own folder; `logs` are the only keys it knows."""

    name: str
    private: Ed25519PrivateKey
    folder: Path
    logs: tuple[VerifierKey, ...]
    unix_seconds: Callable[[], int]

    @property
    def key(self) -> VerifierKey:
        """The public half, kind 0x04."""
        return VerifierKey.of(self.name, 0x04, self.private.public_key())

    def cosign(self, old_size: int, proof: Sequence[bytes], note: Note) -> NoteSignature:
        """Cosign a head that extends the newest known one of its origin.

        1 the new size and root are durable · 2 the signature leaves. A crash between costs one
        repetition: the same head may be asked for again.
        """
        signed = self._signed(note)
        with held(self.folder / "lock"):
            known = self._known(signed.head.origin)
            _check_extends(known, old_size, signed.head, proof)
            if signed.head != known:
                write_durably(self._path(signed.head.origin), signed.head.text().encode())  # 1
            return cosign(signed.note, self.name, self.private, self.unix_seconds())  # 2

    def known_size(self, origin: str) -> int:
        """Return the size of the newest head of an origin that was cosigned."""
        return self._known(origin).size

    def _signed(self, note: Note) -> SignedHead:
        try:
            signed = SignedHead(parse_head(note.text), note)
        except Malformed as error:
            raise WitnessRefused(f"what was sent is no head: {error}", 0) from error
        for key in self.logs:
            if key.name == signed.head.origin:
                try:
                    check_head(signed, key)
                except BadSignature as error:
                    raise WitnessRefused(f"the head is not its log's: {error}", 0) from error
                return signed
        raise WitnessRefused(
            f"the log {signed.head.origin} is not known here; add its key to the witness", 0
        )

    def _known(self, origin: str) -> Head:
        path = self._path(origin)
        if not path.exists():
            return Head(origin, 0, EMPTY_ROOT)
        return parse_head(path.read_text(encoding="utf-8"))

    def _path(self, origin: str) -> Path:
        return self.folder / "seen" / digest(origin.encode())


def _check_extends(known: Head, old_size: int, head: Head, proof: Sequence[bytes]) -> None:
    if old_size != known.size:
        raise Stale(
            f"the proof starts at {old_size}, and this witness has seen {known.size}", known.size
        )
    try:
        check_consistency(known.size, known.root, head.size, head.root, tuple(proof))
    except BadProof as error:
        raise WitnessRefused(
            f"the head of {head.size} entries does not extend the known one of {known.size}: "
            f"{error}; keep both as proof of a fork",
            known.size,
        ) from error
