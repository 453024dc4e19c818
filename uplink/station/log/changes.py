"""Later changes of state, as entries of the log: export, hold and its end, disposal; an order.

The entry is made before the thing is done: what was exported without an entry cannot exist, and an
entry whose export was cut off says more than happened, never less.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from recorder.evidence import canonical
from recorder.evidence.errors import Malformed
from recorder.evidence.receipt import TYPE as CUSTODY
from uplink.station.log.declaration import TYPE as DECLARATION
from uplink.wire.fields import Fields

_RECORDINGS_MAX = 1_000_000
_WORDS_MAX = 10_000


class What(StrEnum):
    """What became of footage, or of a unit."""

    EXPORT = "export"
    HOLD = "hold"
    UNHOLD = "unhold"
    DISPOSAL = "disposal"
    REVOCATION = "revocation"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Change:
    """What was done with recordings of a unit's `log`, by whom and why, as the log states it."""

    what: What
    log: str
    recordings: tuple[int, ...]
    by: str
    reason: str
    station: str
    utc: str

    def line(self, random: Callable[[int], bytes]) -> bytes:
        """Return the entry's line, salted, with the line feed."""
        return canonical.line(
            {
                "v": 1,
                "type": self.what.value,
                "log": self.log,
                "recordings": list(self.recordings),
                "by": self.by,
                "reason": self.reason,
                "station": self.station,
                "utc": self.utc,
                "salt": random(16).hex(),
            }
        )


def parse_change(line: bytes) -> Change | None:
    """Return the change that an entry of this log states, None for an entry of another type."""
    if entry_type(line) not in set(What):
        return None
    fields = Fields.of(canonical.decode(line.removesuffix(b"\n")), "a change")
    fields.count("v", 1, 1)
    change = Change(
        What(fields.text("type", 20)),
        fields.text("log", 200),
        fields.items("recordings", _RECORDINGS_MAX, _recording),
        *(fields.text(key, _WORDS_MAX) for key in ("by", "reason", "station", "utc")),
    )
    fields.text("salt", 64)
    fields.end()
    return change


def _recording(value: canonical.Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Malformed("a change names a recording that is no number")
    return value


def entry_type(line: bytes) -> str:
    """Return the type of any entry of this log. Raise Malformed for a stranger's."""
    value = canonical.decode(line.removesuffix(b"\n"))
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == CUSTODY:
        return CUSTODY
    if not isinstance(kind, str) or kind not in {*What, DECLARATION}:
        raise Malformed(f"the log holds an entry of type {kind!r}, which this version cannot read")
    return kind
