"""picamera2's encoders, held so that nothing they meet can end picamera2's loop.

Frames and errors alike go into a queue of ours; the encoder's own outputs, some of which invent
stamps or drop the end, are not used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from picamera2.encoders import H264Encoder, LibavH264Encoder
from picamera2.outputs import Output

from recorder.capture.ports import Frame
from recorder.devices.coding import Coding

if TYPE_CHECKING:
    from recorder.capture.ports import Picture


@dataclass(frozen=True, slots=True)
class Broken:
    """Something raised where picamera2's loop would have ended."""

    where: str
    sentence: str


Put = Callable[[Frame | Broken], None]


class Hand(Output):  # type: ignore[misc]  # picamera2 is untyped
    """Where picamera2's encoder puts its frames: into our queue, and nothing else."""

    def __init__(
        self,
        encoder: Any,  # noqa: ANN401 – picamera2 is untyped
        put: Put,
        shift_ns: int,
    ) -> None:
        super().__init__()
        self._encoder = encoder
        self._put = put
        self._shift_ns = shift_ns

    def outputframe(
        self,
        frame: Any,  # noqa: ANN401 – picamera2 is untyped
        keyframe: bool = True,  # noqa: FBT001, FBT002 – picamera2's signature
        timestamp: int = 0,
        *_unused: object,
    ) -> None:
        """On the encoder's thread: stamp, queue, return. Stamps count from the first frame's."""
        stamp_ns = (self._encoder.firsttimestamp + timestamp) * 1000 + self._shift_ns
        self._put(Frame(bytes(frame), keyframe, stamp_ns))


def guarded(coding: Coding, picture: Picture, put: Put) -> Any:  # noqa: ANN401 – picamera2 is untyped
    """Return picamera2's encoder, a key frame each second, whose errors become facts."""
    kind: Any = H264Encoder if coding is Coding.CHIP else LibavH264Encoder

    class Guarded(kind):  # type: ignore[misc]  # picamera2 is untyped
        """The encoder, on picamera2's loop; what it raises must not end that loop."""

        def encode(self, stream: Any, request: Any) -> None:  # noqa: ANN401 – picamera2 is untyped
            """Encode one picture; never raises."""
            try:
                super().encode(stream, request)
            except Exception as error:  # noqa: BLE001 – what passes here ends picamera2's loop for good
                put(Broken("the encoder", f"{type(error).__name__}: {error}"))

    # Its own force_key_frame raises with today's av, so key frames come by count alone.
    return Guarded(
        bitrate=picture.bits_per_second,
        repeat=True,
        iperiod=picture.rate_hz,
        framerate=picture.rate_hz,
    )
