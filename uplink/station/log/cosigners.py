"""Asking witnesses, until the quorum is there; and witnesses behind HTTP."""

import http.client
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.head import Head, check_cosignature
from recorder.evidence.note import Note, NoteSignature, VerifierKey, add_signature, note_bytes
from recorder.evidence.words import decimal_number
from uplink.station.log.station_log import StationLog
from uplink.station.log.witness import Stale, Witness, WitnessRefused, WitnessUnreachable
from uplink.station.log.witness_wire import (
    PATH,
    SIZE_TYPE,
    add_checkpoint_bytes,
    parse_signature_lines,
)

_ANSWER_MAX_BYTES = 16_384


class QuorumMissing(Exception):
    """Too few witnesses cosigned: no receipt may leave. The sentence names each one's reason."""


@dataclass(frozen=True, slots=True)
class HttpWitness:
    """A witness that speaks C2SP tlog-witness at `url`."""

    key: VerifierKey
    url: str
    answer_seconds: float = 5.0

    def cosign(self, old_size: int, proof: Sequence[bytes], note: Note) -> NoteSignature:
        """Return a cosignature. Raise Stale, WitnessRefused or WitnessUnreachable."""
        status, kind, answer = self._ask(add_checkpoint_bytes(old_size, proof, note))
        try:
            if status == http.HTTPStatus.CONFLICT and kind == SIZE_TYPE:
                known_size = decimal_number(answer.decode("ascii").strip())
                raise Stale(f"the witness {self.key.name} has seen {known_size}", known_size)
            if status != http.HTTPStatus.OK:
                said = answer.decode("utf-8", "replace").strip()[:500]
                raise WitnessRefused(f"{self.key.name} answered {status}: {said}", old_size)
            return self._own(parse_signature_lines(answer))
        except (Malformed, UnicodeDecodeError) as error:
            raise WitnessRefused(f"{self.key.name} answered nonsense: {error}", 0) from error

    def _own(self, signatures: tuple[NoteSignature, ...]) -> NoteSignature:
        for one in signatures:
            if (one.name, one.key_id) == (self.key.name, self.key.key_id):
                return one
        raise WitnessRefused(f"{self.key.name} answered with another's signature", 0)

    def _ask(self, body: bytes) -> tuple[int, str, bytes]:
        place = urllib.parse.urlsplit(self.url)
        line = http.client.HTTPConnection(
            place.hostname or "", place.port or 80, timeout=self.answer_seconds
        )
        try:
            line.request("POST", place.path.rstrip("/") + PATH, body)
            answer = line.getresponse()
            kind = answer.headers.get_content_type()
            return answer.status, kind, answer.read(_ANSWER_MAX_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise WitnessUnreachable(
                f"the witness {self.key.name} at {self.url} does not answer ({error}); start it"
            ) from error
        finally:
            line.close()


def cosigned_checkpoint(
    log: StationLog, head: Head, note: Note, witnesses: Sequence[Witness], quorum: int
) -> bytes:
    """Return the checkpoint with cosignatures of at least `quorum` witnesses.

    Raise QuorumMissing below that.
    """
    reasons: list[str] = []
    cosigned = 0
    for witness in witnesses:
        try:
            signature = _ask(log, head, note, witness)
            note = add_signature(note, signature)
            check_cosignature(note, witness.key)
            cosigned += 1
        except (WitnessRefused, WitnessUnreachable, EvidenceError) as error:
            reasons.append(str(error))
    if cosigned < quorum:
        raise QuorumMissing(
            f"only {cosigned} of {quorum} witnesses cosigned the station's head of {head.size}: "
            f"{'; '.join(reasons) or 'too few are configured'}. No receipt leaves before"
        )
    return note_bytes(note)


def _ask(log: StationLog, head: Head, note: Note, witness: Witness) -> NoteSignature:
    try:
        return witness.cosign(head.size, (), note)
    except Stale as stale:
        if stale.known_size > head.size:
            raise WitnessRefused(
                f"{witness.key.name} has seen {stale.known_size} entries and this log has "
                f"{head.size}; the log lost entries: restore it from a backup",
                stale.known_size,
            ) from stale
        proof = log.consistency(stale.known_size, head.size)
        return witness.cosign(stale.known_size, proof, note)
