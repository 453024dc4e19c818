"""One fragmented MP4, written forward only: pictures as they came, sound as AAC, out as Pieces.

The file's time zero (T0, `base_ns`) is its first picture; sound is encoded from the sample
nearest to T0 on, so neither is shifted against the other. The encoder's priming packet, which
would stand 21 ms before T0, is left out: the first 21 ms of sound of a file fade in. The file
before holds the same 21 ms whole, as it runs on that much past its last picture.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from recorder.capture.ports import Piece
from recorder.devices.boxes import BoxCutter, beginning_at

if TYPE_CHECKING:
    from av.audio.stream import AudioStream

    from recorder.capture.ports import Frame, Picture
    from recorder.devices.boxes import Run
    from recorder.devices.sound_line import SoundLine

BLOCK = 1024  # samples in an AAC packet
_SECOND_NS = 1_000_000_000
_MICROSECOND = Fraction(1, 1_000_000)
_AAC_BITS_PER_SECOND = 64_000
_OPTIONS = {
    # empty_moov: the opening is complete at once. skip_trailer: nothing follows the fragments.
    # frag_keyframe: every second fragment starts with a key frame, so it can be shown alone.
    "movflags": "empty_moov+default_base_moof+frag_keyframe+skip_trailer",
    "frag_duration": "500000",
    "max_interleave_delta": "1",  # else pictures wait ten seconds for sound that does not come
}


@dataclass(frozen=True, slots=True)
class _Stamp:
    boottime_ns: int
    ticks: int  # since the file's time zero, as the track counts: microseconds, or samples
    key: bool
    samples: int


class Mp4File:
    """A file that is being written; `finish` ends it, and nothing can be added after that."""

    def __init__(
        self, base_ns: int, picture: Picture | None, rate_hz: int, first_sample: int
    ) -> None:
        """Begin at `base_ns` and the sound line's `first_sample`; without `picture`: sound only."""
        self.base_ns = base_ns
        self.next_sample = first_sample
        self._first_sample = first_sample
        self.has_pictures = picture is not None
        self._rate_hz = rate_hz
        self._cutter = BoxCutter()
        self._container = av.open(self._cutter, "w", format="mp4", options=dict(_OPTIONS))
        self._pictures: deque[_Stamp] = deque()
        self._sounds: deque[_Stamp] = deque()
        self._picture_us = 0
        if picture is not None:
            self._picture_us = 1_000_000 // picture.rate_hz
            # A mux stream has no encoder, so the parameter sets are those of the real pictures.
            self._video = self._container.add_mux_stream(
                "h264", rate=picture.rate_hz, width=picture.width, height=picture.height
            )
            self._video.time_base = _MICROSECOND
        self._audio: AudioStream = self._container.add_stream("aac", rate=rate_hz)
        self._audio.codec_context.layout = "mono"
        self._audio.codec_context.bit_rate = _AAC_BITS_PER_SECOND
        self._audio.time_base = Fraction(1, rate_hz)

    def add(self, frame: Frame) -> list[Piece]:
        """Write a picture; its stamp is kept to the microsecond."""
        packet = av.Packet(frame.data)
        packet.stream = self._video
        packet.time_base = _MICROSECOND
        packet.pts = packet.dts = (frame.boottime_ns - self.base_ns) // 1000
        packet.duration = self._picture_us
        packet.is_keyframe = frame.key
        self._pictures.append(_Stamp(frame.boottime_ns, packet.pts, frame.key, 0))
        self._container.mux(packet)
        return self._pieces()

    def hear(self, line: SoundLine, until: int) -> list[Piece]:
        """Encode the line's sound up to the sample `until`, in whole blocks."""
        if (
            max(self.next_sample, 0) < line.start
        ):  # a silence too long to be laid down: the track skips it
            self.next_sample += -(-(line.start - self.next_sample) // BLOCK) * BLOCK
        while self.next_sample + BLOCK <= min(until, line.end):
            self._encode(line.read(self.next_sample, self.next_sample + BLOCK))
        return self._pieces()

    def finish(self, line: SoundLine, until: int) -> list[Piece]:
        """Write what is left of the sound before `until`, rounded up to a block; end the file."""
        pieces = self.hear(line, until)
        if self.next_sample < until:
            rest = line.read(self.next_sample, self.next_sample + BLOCK)
            if rest:
                self._encode(rest.ljust(BLOCK * 2, b"\0"))
        if self.next_sample > self._first_sample:
            self._mux_sound(None)
        self._container.close()
        pieces += self._pieces()
        self._cutter.check_empty()
        return pieces

    def _encode(self, samples: bytes) -> None:
        wave = np.frombuffer(samples, "<i2").astype(np.float32) / np.float32(32768)
        block = av.AudioFrame.from_ndarray(wave.reshape(1, -1), "fltp", "mono")
        block.sample_rate = self._rate_hz
        block.time_base = Fraction(1, self._rate_hz)
        block.pts = self.next_sample - self._first_sample
        self.next_sample += BLOCK
        self._mux_sound(block)

    def _mux_sound(self, block: av.AudioFrame | None) -> None:
        for packet in self._audio.encode(block):
            if packet.pts is None or packet.pts < 0:
                continue  # priming
            instant_ns = self.base_ns + packet.pts * _SECOND_NS // self._rate_hz
            self._sounds.append(_Stamp(instant_ns, packet.pts, True, BLOCK))
            self._container.mux(packet)

    def _pieces(self) -> list[Piece]:
        return [self._piece(run) for run in self._cutter.runs()]

    def _piece(self, run: Run) -> Piece:
        if run.opens:
            return Piece(run.data, True, False, self.base_ns, self.base_ns, 0, 0)
        counts = dict(run.counts)
        pictures_track, sound_track = (1, 2) if self.has_pictures else (0, 1)
        pictures = [self._pictures.popleft() for _ in range(counts.get(pictures_track, 0))]
        sounds = [self._sounds.popleft() for _ in range(counts.get(sound_track, 0))]
        stamps = pictures or sounds
        begins = {pictures_track: pictures[:1], sound_track: sounds[:1]}
        ticks = {track: first[0].ticks for track, first in begins.items() if first}
        return Piece(
            data=beginning_at(run.data, ticks),
            opens=False,
            key=bool(pictures) and pictures[0].key,
            first_ns=stamps[0].boottime_ns,
            last_ns=stamps[-1].boottime_ns,
            frames=len(pictures),
            samples=sum(sound.samples for sound in sounds),
        )
