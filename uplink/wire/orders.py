"""The letter that carries a command of the station to its unit: the signed note, as it is.

Parsing promises form and bounds only; whether it is to be obeyed, custody decides.
"""

from dataclasses import dataclass
from typing import Self

from recorder.evidence.canonical import encode
from recorder.evidence.words import MAX_COMMAND_BYTES
from uplink.wire.messages import open_fields

_VERSION = 1


@dataclass(frozen=True, slots=True)
class CommandLetter:
    """A command as text, byte for byte what the station signed (docs/format.md §12)."""

    note: str

    def payload(self) -> bytes:
        """Return the message's bytes."""
        return encode({"v": _VERSION, "note": self.note})

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse, or raise Malformed."""
        fields = open_fields(payload, "a command")
        letter = cls(fields.text("note", MAX_COMMAND_BYTES))
        fields.end()
        return letter
