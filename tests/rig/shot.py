"""One recording on the rigs, taken apart: each picture, gap and beep, and the rig's own book.

Used by tests/devices/test_every_picture.py for half a minute, and by `make rig10` for ten.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from recorder.evidence.record import Gap, GapSource, Notice, Segment, Stop
from tests.rig.accounts import Counted, Stated
from tests.rig.films import offsets_ms, pictures

if TYPE_CHECKING:
    from tests.rig.unit import RigUnit

_LOST = re.compile(r"of (\d+) frames (\d+) lost by a late timer .*, (\d+) for want of a request")


@dataclass(frozen=True, slots=True)
class File:
    """One sealed segment: its pictures, and how late (milliseconds) each beep sounds in it."""

    pictures: tuple[Counted, ...]
    flashes: int
    beeps_late_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """A whole recording.

    By the rig's own book, `late` pictures were lost by a machine too busy to be a sensor in time,
    and `starved` ones because capture gave the sensor no memory in time.
    """

    files: tuple[File, ...]
    gaps: tuple[Stated, ...]
    notices: tuple[Notice, ...]
    stop: Stop
    segments: tuple[Segment, ...]
    late: int
    starved: int

    @property
    def pictures(self) -> list[Counted]:
        return [picture for file in self.files for picture in file.pictures]

    @property
    def late_ms(self) -> list[float]:
        """How late beeps sound in each file, in the middle; the last may be too short for one."""
        return [median(file.beeps_late_ms) for file in self.files if file.beeps_late_ms]

    @property
    def latest_ms(self) -> float:
        """How far apart any beep and its flash are; the notice speaks over those of the first."""
        beeps = [late_ms for file in self.files[1:] for late_ms in file.beeps_late_ms]
        return max(map(abs, beeps), default=0.0)


def taken_apart(unit: RigUnit) -> Shot:
    """Decrypt, decode and read the only recording of a unit that has ended."""
    segments = unit.of(Segment)
    (stop,) = unit.of(Stop)
    gaps = (gap for gap in unit.of(Gap) if gap.source is GapSource.CAMERA)
    books = [book for line in unit.log.read_text().splitlines() if (book := _LOST.search(line))]
    books = [book for book in books if int(book[1]) >= stop.frames]  # not that of a self-check
    return Shot(
        files=tuple(_read(film, segment) for film, segment in unit.each_film()),
        gaps=tuple(Stated(gap.lost, gap.from_ms, gap.to_ms) for gap in gaps),
        notices=tuple(unit.of(Notice)),
        stop=stop,
        segments=tuple(segments),
        late=sum(int(book[2]) for book in books),
        starved=sum(int(book[3]) for book in books),
    )


def _read(film: bytes, segment: Segment) -> File:
    shown = pictures(film, time.time_ns() // 1_000_000)
    counted = (
        Counted(picture.number, segment.span.first_ms + round(picture.second * 1000))
        for picture in shown
    )
    flashes = sum(picture.flashes for picture in shown)
    return File(tuple(counted), flashes, tuple(offsets_ms(film, shown)))
