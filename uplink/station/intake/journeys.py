"""The facts of a journey as a worker keeps them in memory; nothing here is durable."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from recorder.evidence.words import FileKind, parse_file
from uplink.station.store.incoming import Part
from uplink.wire.messages import OfferedFile

_PERCENT_STEP = 10
_BAYS = 32
"""Of a large dock: so many units may come at one moment."""
_LOG_KINDS = frozenset({FileKind.LOG, FileKind.HEADS})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes in flight for one unit and for all together."""

    window_bytes: int = 16 * 1024 * 1024
    total_bytes: int = 192 * 1024 * 1024
    least_bytes: int = 1024 * 1024

    def window(self, received_bytes: int, moving: int, room_bytes: int) -> int:
        """How far one of `moving` units may be ahead, with so much room left on the disk.

        At first as far as if a whole dock had come, for the others may come as well; then as far as
        it has come, up to its share.
        """
        share = min(self.window_bytes, self.total_bytes // moving)
        ahead = min(share, max(received_bytes, self.total_bytes // _BAYS))
        return min(max(room_bytes, 0) // moving, max(self.least_bytes, ahead))


@dataclass(slots=True)
class Coming:
    """A file under way: its part, and how far the unit has sent it under this handle."""

    part: Part
    sent_until: int
    told_percent: int = 0

    def went_on(self) -> bool:
        """Whether it is the whole, or enough more than `told_percent`, to tell; it is told now."""
        percent = self.part.offset * 100 // self.part.offered.length
        if percent < self.told_percent + _PERCENT_STEP and not self.part.complete:
            return False
        self.told_percent = percent
        return True


@dataclass(slots=True)
class Journey:
    """One unit's journey: what was offered, what is coming, what is here."""

    agency: str
    unit: str
    number: str
    offered: dict[str, OfferedFile]
    coming: dict[int, Coming] = field(default_factory=dict)
    logs: dict[str, Path] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    received: int = 0
    acked: int = 0
    credit: int = 0
    touched: bool = True

    @property
    def logs_complete(self) -> bool:
        """Whether every log file of the offer is here."""
        return all(file in self.logs for file in self.offered if is_log(file))


def is_log(file: str) -> bool:
    """Tell whether a file is a log or heads file, which grows."""
    return parse_file(file).kind in _LOG_KINDS


def is_film(file: str) -> bool:
    """Tell whether a file is a segment's film."""
    return parse_file(file).kind is FileKind.MEDIA


def part_name(one: OfferedFile, worker: str) -> str:
    """Return the name of a worker's part; an immutable file is told apart by its digest too."""
    mark = "" if is_log(one.file) else f".{one.sha256[:16]}"
    return f"{PurePosixPath(one.file).name}{mark}.{worker}.part"
