"""Encodes pictures to H.264 in this process: one picture in, one Frame out, none held back."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.codec.codec import UnknownCodecError

from recorder.capture.ports import DeviceLost, Frame, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from recorder.capture.ports import Picture

_MICROSECOND = Fraction(1, 1_000_000)


class H264Encoder:
    """libx264, ultrafast and without delay; a key frame with its parameter sets each second."""

    def __init__(self, picture: Picture) -> None:
        """DeviceLost if this machine's libavcodec cannot encode H.264, or not at this size."""
        if picture.width % 2 or picture.height % 2:
            raise DeviceLost(
                Source.CAMERA,
                f"A picture of {picture.width}x{picture.height} cannot be encoded;"
                " choose an even width and height.",
            )
        try:
            codec = av.CodecContext.create("libx264", "w")
        except UnknownCodecError as missing:
            raise DeviceLost(
                Source.CAMERA,
                "This installation of av has no libx264; install av's own wheel,"
                " or FFmpeg built with libx264.",
            ) from missing
        codec.width, codec.height, codec.pix_fmt = picture.width, picture.height, "yuv420p"
        codec.time_base = _MICROSECOND
        codec.framerate = Fraction(picture.rate_hz)
        codec.bit_rate = picture.bits_per_second
        codec.gop_size = picture.rate_hz
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
        self._codec = codec

    def encode(self, planes: NDArray[np.uint8], boottime_ns: int) -> Frame:
        """Encode one picture: yuv420p planes as (height * 3 / 2, width), C-contiguous."""
        picture = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
        picture.time_base = _MICROSECOND
        picture.pts = boottime_ns // 1000
        packets = self._codec.encode(picture)
        if len(packets) != 1:
            raise DeviceLost(
                Source.CAMERA,
                f"The H.264 encoder gave {len(packets)} packets for one picture; restart capture.",
            )
        return Frame(bytes(packets[0]), packets[0].is_keyframe, boottime_ns)
