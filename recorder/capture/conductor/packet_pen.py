"""The conductor's connection to custody, as `Pen`: acts and notes go, custody's words come back.

It queues and never blocks; `flush` moves what the socket takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture.conductor import pen
from recorder.capture.ports import Fix, NoFix
from recorder.evidence import record, sidecar
from recorder.handover import packets
from recorder.handover.connection import Link
from recorder.handover.errors import LinkLost, RefusedPacket
from recorder.handover.queue import PacketQueue

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.capture.conductor.selfcheck import SelfCheckReport
    from recorder.capture.ports import Picture

_UNSET_RECORDING = 1  # custody fills it in


@dataclass(frozen=True, slots=True)
class Opening:
    """What every recording of this unit states when it begins."""

    officer_names: tuple[str, ...]
    officer_numbers: tuple[str, ...]
    rules_sha256: str
    picture: Picture
    sound_rate_hz: int


class PacketPen:
    """The conductor's connection, as `Pen`; `receive` gives what custody says."""

    def __init__(self, socket_path: Path, opening: Opening) -> None:
        """LinkLost if custody is not there."""
        self._link = Link.connect(socket_path)
        self._queue = PacketQueue(self._link)
        self._opening = opening
        self._queue.put(packets.Hello(packets.Role.CONDUCTOR))
        self._queue.flush()

    def fileno(self) -> int:
        """For selectors."""
        return self._link.fileno()

    def open(self, cause: str, continues: int, pre_record_ms: int) -> None:
        """Open a recording, so much of which lies before the press."""
        opening = self._opening
        picture = opening.picture
        self._queue.put(
            packets.Open(
                cause=record.StartCause(cause),
                continues=continues,
                officers=packets.BoundOfficers(opening.officer_names, opening.officer_numbers),
                rules_sha256=opening.rules_sha256,
                pre_record_ms=pre_record_ms,
                picture=record.PictureSize(picture.width, picture.height, picture.rate_hz),
                sound=record.SoundRate(opening.sound_rate_hz),
            )
        )

    def bind(self, opening: Opening) -> None:
        """State this from the next recording on."""
        self._opening = opening

    def note(self, entry: pen.Entry) -> None:
        """Something for the log or the sidecar."""
        self._queue.put(_note(entry))

    def close(self, cause: str) -> None:
        """End the recording."""
        self._queue.put(packets.Close(record.StopCause(cause)))

    def flush(self) -> None:
        """Send what there is room for; LinkLost if custody is gone."""
        self._queue.flush()

    def receive(self) -> packets.Packet | None:
        """What custody says next, if anything; LinkLost if it is gone."""
        try:
            return self._link.receive()
        except RefusedPacket as refused:
            raise LinkLost(f"Custody speaks another language: {refused}") from refused

    def let_go(self) -> None:
        """Close the connection."""
        self._link.close()


def _note(entry: pen.Entry) -> packets.Note:
    if isinstance(entry, pen.NoticeHeard):
        heard = record.Notice(
            _UNSET_RECORDING, entry.clip_sha256, entry.heard, entry.score_permille
        )
        return packets.Note(heard, entry.wording)
    if isinstance(entry, Fix | NoFix | pen.Spoken | pen.Remark):
        return packets.Note(_for_sidecar(entry))
    return packets.Note(_for_log(entry))


def _for_log(
    entry: pen.GapSeen | pen.MarkMade | pen.RefusedAct | SelfCheckReport,
) -> record.Gap | record.Mark | record.Refused | record.SelfCheck:
    match entry:
        case pen.GapSeen(source, from_ms, to_ms, lost, cause):
            where = record.GapSource(source)
            return record.Gap(_UNSET_RECORDING, where, from_ms, to_ms, lost, cause)
        case pen.MarkMade(media_ms, photo, until_ms):
            kind = record.MarkKind.PHOTO if photo else None
            return record.Mark(_UNSET_RECORDING, media_ms, kind, until_ms)
        case pen.RefusedAct(asked, by, because):
            return record.Refused(asked, by, because)
    items = tuple(
        record.SelfCheckItem(i.item, record.CheckVerdict(i.verdict), i.value, i.unit)
        for i in entry.items
    )
    return record.SelfCheck(record.CheckVerdict(entry.verdict), items)


def _for_sidecar(
    entry: Fix | NoFix | pen.Spoken | pen.Remark,
) -> sidecar.Fix | sidecar.NoFix | sidecar.Said | sidecar.Words:
    match entry:
        case Fix(_, utc, lat_e7, lon_e7, satellites, hdop_e2):
            return sidecar.Fix(utc, lat_e7, lon_e7, satellites, hdop_e2)
        case NoFix(_, cause):
            return sidecar.NoFix(cause)
        case pen.Remark(text):
            return sidecar.Words(text)
    return sidecar.Said(entry.clip, entry.text)
