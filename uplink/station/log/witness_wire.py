"""The C2SP witness protocol's bytes: what a log asks, what a witness answers. Pure.

A request is `old N`, then base64 hashes of a consistency proof, an empty line and a checkpoint.
"""

from collections.abc import Sequence

from recorder.evidence.errors import Malformed
from recorder.evidence.note import Note, NoteSignature, note_bytes, parse_note
from recorder.evidence.words import base64_bytes, base64_text, decimal_number

REQUEST_MAX_BYTES = 65_536
PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
_PROOF_MAX = 63


def add_checkpoint_bytes(old_size: int, proof: Sequence[bytes], note: Note) -> bytes:
    """Return a request's body."""
    lines = [f"old {old_size}", *(base64_text(one) for one in proof), "", ""]
    return "\n".join(lines).encode() + note_bytes(note)


def parse_add_checkpoint(body: bytes) -> tuple[int, tuple[bytes, ...], Note]:
    """Parse a request's body: old size, proof, checkpoint. Raise Malformed."""
    if len(body) > REQUEST_MAX_BYTES:
        raise Malformed(f"a request of {len(body)} bytes is longer than {REQUEST_MAX_BYTES}")
    head, gap, checkpoint = body.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the proof of a request is not ASCII") from None
    if not gap or not lines[0].startswith("old ") or len(lines) > _PROOF_MAX + 1:
        raise Malformed("a request begins with 'old N' and at most 63 hashes, then an empty line")
    proof = tuple(base64_bytes(line) for line in lines[1:])
    if any(len(one) != 32 for one in proof):
        raise Malformed("a hash of a proof is not 32 bytes")
    return decimal_number(lines[0].removeprefix("old ")), proof, parse_note(checkpoint)


def signature_line(signature: NoteSignature) -> bytes:
    """Return an answer's body: one signature line."""
    blob = base64_text(signature.key_id + signature.blob)
    return f"— {signature.name} {blob}\n".encode()


def parse_signature_lines(body: bytes) -> tuple[NoteSignature, ...]:
    """Parse an answer's body. Raise Malformed."""
    return parse_note(b"answer\n\n" + body).signatures
