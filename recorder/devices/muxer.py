"""The Muxer port: one fragmented MP4 after the other, with no picture lost between them.

It promises that a returned Piece is never taken back, that a file opens with a key frame at its
time zero, and that every picture stands in exactly one file at its own stamp. It refuses to know
where the pieces go, and it holds no clock: all it knows of time are the stamps it is given.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from recorder.capture.ports import DeviceLost, Frame, Lost, Source
from recorder.devices.mp4_file import BLOCK, Mp4File
from recorder.devices.sound_line import TOLERANCE_NS, SoundLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recorder.capture.ports import Pcm, Picture, Piece

_MILLISECOND_NS = 1_000_000
_WAIT_FOR_SOUND_NS = 300 * _MILLISECOND_NS
_SOUND_MAY_LAG_NS = 1000 * _MILLISECOND_NS
_FILL_BEHIND_NS = 500 * _MILLISECOND_NS
_ALONE_AFTER_NS = 2000 * _MILLISECOND_NS
_SPS, _PPS = 7, 8  # kinds of NAL unit


class Mp4Muxer:
    """Pictures and sound in, Pieces out; `on_lost` is told what could not be kept or never came.

    Time zero of a file is its first picture's stamp and stands in its opening piece's `first_ns`.
    Used from one thread. After `end` the next key frame begins anew.
    """

    def __init__(self, picture: Picture, rate_hz: int, on_lost: Callable[[Lost], None]) -> None:
        self._picture = picture
        self._rate_hz = rate_hz
        self._on_lost = on_lost
        self._begin()

    def _begin(self) -> None:
        self._line = SoundLine(self._rate_hz, self._on_lost)
        self._file: Mp4File | None = None
        self._turning = False
        self._held: deque[Frame] = deque()  # from the key frame of the next file on
        self._last_ns: int | None = None  # stamp of the newest picture

    def take(self, item: Frame | Pcm) -> Sequence[Piece]:
        """Pieces that are complete now; the first piece of a file opens it.

        DeviceLost if stamps of pictures run backwards, if a first key frame lacks its parameter
        sets, or if the sound is not mono s16 at the agreed rate.
        """
        if isinstance(item, Frame):
            return self._take_frame(item)
        self._line.take(item)
        if self._held:
            return self._switch_if_ready()
        return self._hear()

    def turn(self) -> Sequence[Piece]:
        """Ask for a new file: it opens at the next key frame, until then the old one goes on.

        Asking again before that changes nothing. The old file's last pieces come from `take`.
        """
        if self._file is not None:
            self._turning = True
        return ()

    def end(self) -> Sequence[Piece]:
        """End the last file and return all that is left of it."""
        pieces: list[Piece] = []
        if self._held:
            pieces += self._switch()
        if self._file is not None:
            pieces += self._file.finish(self._line, self._line.end)
        self._line.report()
        self._begin()
        return pieces

    def _take_frame(self, frame: Frame) -> list[Piece]:
        self._check_stamp(frame)
        opens = self._file is None or self._turning or not self._file.has_pictures
        if self._held:
            self._held.append(frame)
        elif frame.key and opens:
            _check_parameter_sets(frame)
            self._held.append(frame)
        elif self._file is not None and self._file.has_pictures:
            return self._file.add(frame) + self._keep_up(self._file, frame.boottime_ns)
        else:
            cause = "a picture before the first key frame cannot be shown"
            at_ns = frame.boottime_ns
            self._on_lost(Lost(Source.CAMERA, 1, at_ns, cause, at_ns))
            return []
        return self._switch_if_ready()

    def _check_stamp(self, frame: Frame) -> None:
        if self._last_ns is not None and frame.boottime_ns // 1000 <= self._last_ns // 1000:
            raise DeviceLost(
                Source.CAMERA,
                f"The camera gave a picture stamped {frame.boottime_ns} ns after one stamped"
                f" {self._last_ns} ns; restart the camera.",
            )
        self._last_ns = frame.boottime_ns

    def _keep_up(self, file: Mp4File, now_ns: int) -> list[Piece]:
        """Lay silence where sound stays away for over a second, so that both tracks go on."""
        line = self._line
        if now_ns - line.instant_ns(line.end) <= _SOUND_MAY_LAG_NS:
            return []
        line.fill(now_ns - _FILL_BEHIND_NS)
        return file.hear(line, line.end)

    def _hear(self) -> list[Piece]:
        line, file = self._line, self._file
        now_ns = line.instant_ns(line.end)
        if file is None:
            waits = now_ns - line.instant_ns(line.start) < _ALONE_AFTER_NS
            return [] if waits else self._open_for_sound(line.start)
        pieces = file.hear(line, line.end)
        pictures_gone = self._last_ns is None or now_ns - self._last_ns > _ALONE_AFTER_NS
        if self._turning and pictures_gone:
            # No key frame will open the next file: sound alone must not wait for the camera.
            pieces += file.finish(line, file.next_sample)
            pieces += self._open_for_sound(file.next_sample)
        return pieces

    def _open_for_sound(self, first_sample: int) -> list[Piece]:
        self._line.report()
        self._turning = False
        base_ns = self._line.instant_ns(first_sample)
        self._file = Mp4File(base_ns, None, self._rate_hz, first_sample)
        return self._file.hear(self._line, self._line.end)

    def _switch_if_ready(self) -> list[Piece]:
        """Open the next file once the old one has its sound, or when waiting for it is too long."""
        first_ns = self._held[0].boottime_ns
        line = self._line
        sound_is_there = line.begun and line.end >= line.number_at(first_ns) + BLOCK
        waited_ns = self._held[-1].boottime_ns - first_ns
        return self._switch() if sound_is_there or waited_ns >= _WAIT_FOR_SOUND_NS else []

    def _switch(self) -> list[Piece]:
        line, base_ns = self._line, self._held[0].boottime_ns
        line.begin(base_ns)
        first_sample = line.number_at(base_ns)
        pieces: list[Piece] = []
        if self._file is not None:
            pieces += self._file.finish(line, first_sample + BLOCK)
        elif line.instant_ns(0) - base_ns > TOLERANCE_NS:
            cause = "sound began after the picture; silence stands before it"
            began_ns = line.instant_ns(0)
            self._on_lost(Lost(Source.MICROPHONE, -first_sample, base_ns, cause, began_ns))
        line.report()
        self._turning = False
        self._file = Mp4File(base_ns, self._picture, self._rate_hz, first_sample)
        while self._held:
            pieces += self._file.add(self._held.popleft())
        return pieces + self._file.hear(line, line.end)


def _check_parameter_sets(frame: Frame) -> None:
    kinds = {unit[0] & 0x1F for unit in frame.data.split(b"\0\0\1") if unit}
    if not {_SPS, _PPS} <= kinds:
        raise DeviceLost(
            Source.CAMERA,
            "The camera's key frame lacks its parameter sets, so no player could show the file;"
            " set its encoder to repeat them on each key frame.",
        )
