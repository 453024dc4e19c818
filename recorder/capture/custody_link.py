"""Capture's two connections to custody: the lens's, which carries pieces, and the conductor's pen.

Both queue and never block; `flush` and `settle` move what the socket takes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.capture import pen
from recorder.capture.ports import Fix, NoFix
from recorder.capture.way_out import CustodyGone
from recorder.evidence import record, sidecar
from recorder.handover import packets
from recorder.handover.codec import keep_packets
from recorder.handover.connection import Link
from recorder.handover.errors import LinkFull, LinkLost, RefusedPacket

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.capture.ports import Picture, Piece
    from recorder.capture.selfcheck import SelfCheckReport

_UNSET_RECORDING = 1  # custody fills it in


class _Queue:
    """Packets that wait for room in the socket."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: deque[packets.Packet] = deque()

    def put(self, packet: packets.Packet) -> None:
        self._waiting.append(packet)

    def flush(self) -> None:
        """Send what there is room for; LinkLost if nobody is there."""
        while self._waiting:
            try:
                self._link.send(self._waiting[0])
            except LinkFull:
                return
            self._waiting.popleft()

    @property
    def busy(self) -> bool:
        return bool(self._waiting)


class PieceLink:
    """The lens's connection: pieces go, and how many of them are durable comes back."""

    def __init__(self, socket_path: Path) -> None:
        try:
            self._link = Link.connect(socket_path)
        except LinkLost as lost:
            raise CustodyGone(str(lost)) from lost
        self._queue = _Queue(self._link)
        self._queue.put(packets.Hello(packets.Role.LENS))
        self._told_durable = 0

    @property
    def busy(self) -> bool:
        """Whether queued bytes still wait for room in the socket."""
        return self._queue.busy

    def hand_over(self, piece: Piece) -> None:
        """Queue one piece."""
        stamps = packets.Stamps(piece.first_ns, piece.last_ns, piece.frames, piece.samples)
        for packet in keep_packets(piece.data, stamps, opens=piece.opens, key=piece.key):
            self._queue.put(packet)

    def end(self) -> None:
        """Queue the word that nothing more will come."""
        self._queue.put(packets.End())

    def settle(self) -> int:
        """Move bytes; how many pieces became durable since the last call."""
        durable = self._told_durable
        try:
            self._queue.flush()
            while (packet := self._link.receive()) is not None:
                if isinstance(packet, packets.Kept):
                    durable = packet.pieces
                elif isinstance(packet, packets.Fault):
                    raise CustodyGone(f"Custody refuses what the lens gives: {packet.sentence}")
        except (LinkLost, RefusedPacket) as lost:
            raise CustodyGone(str(lost)) from lost
        new, self._told_durable = durable - self._told_durable, durable
        return new

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()


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
        self._queue = _Queue(self._link)
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
