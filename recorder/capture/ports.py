"""What capture needs from the world: one protocol per device, and the frozen facts they report.

A device hands over facts on its own thread by calling what `start` or `listen` was given, and
returns at once; it takes no decision. What it calls must not raise: an exception there would end
the device's own thread, and with it the device.
All instants are CLOCK_BOOTTIME in nanoseconds, the one time base of a unit.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Source(enum.Enum):
    """A sensor that can be lost."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    GPS = "gps"


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture: H.264 in Annex B form, with its parameter sets on each key frame."""

    data: bytes
    key: bool
    boottime_ns: int


@dataclass(frozen=True, slots=True)
class Pcm:
    """Sound as it came: signed 16-bit little-endian mono; `boottime_ns` is its first sample."""

    samples: bytes
    rate_hz: int
    boottime_ns: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Material that a device knows it could not give: a count of frames or samples, and why.

    It lies between `since_ns` and `until_ns`; 0 if nobody can say yet that it is over.
    """

    source: Source
    count: int
    since_ns: int
    cause: str
    until_ns: int = 0


FROZEN = "the camera repeats one picture: it is frozen"
BLACK = "the picture is black: covered lens, or no light at all"
SHOWS_NOTHING = frozenset({FROZEN, BLACK})
"""Causes for which a camera gives pictures, and nothing is seen on them."""


class DeviceLost(Exception):
    """A sensor that stopped answering; the sentence says which, since when and what to try."""

    def __init__(self, source: Source, sentence: str) -> None:
        super().__init__(sentence)
        self.source = source


@dataclass(frozen=True, slots=True)
class Picture:
    """How the camera films: size in pixels, pictures per second, bits per second."""

    width: int
    height: int
    rate_hz: int
    bits_per_second: int


@dataclass(frozen=True, slots=True)
class Fix:
    """A position as the receiver stated it; degrees times ten million, metres, satellites."""

    boottime_ns: int
    utc: str  # RFC 3339 with milliseconds, as the receiver claims it; empty without a date
    lat_e7: int
    lon_e7: int
    satellites: int
    hdop_e2: int  # horizontal dilution of precision, times a hundred


@dataclass(frozen=True, slots=True)
class NoFix:
    """The receiver speaks but has no position, or fell silent."""

    boottime_ns: int
    cause: str


NO_THERMOMETER = -273


@dataclass(frozen=True, slots=True)
class Supply:
    """What the unit lives on; −1 is unknown, and `NO_THERMOMETER` degrees are."""

    on_mains: bool
    percent: int  # of the battery
    minutes: int  # that the battery lasts at the draw of now; unknown on mains
    under_voltage: bool
    throttled: bool  # the chip slows itself down
    degrees: int  # of the chip, Celsius


class Button(enum.Enum):
    """What an officer can press."""

    RECORD = "record"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Edge:
    """A debounced change of a button."""

    button: Button
    pressed: bool
    boottime_ns: int


class Lamp(enum.Enum):
    """What the unit shows; each also has its beep and its vibration (docs/unit.md)."""

    STARTING = "starting"
    READY = "ready"
    DOUBTFUL = "doubtful"  # ready, but time untrusted, no position, or an upload overdue
    RECORDING = "recording"
    SOUND_ONLY = "sound-only"
    MARKED = "marked"
    PHOTO = "photo"
    LOW = "low"  # battery or storage for less than an hour
    ENDING = "ending"  # for less than half an hour
    FAULT = "fault"
    UPLOADING = "uploading"
    DONE = "done"
    NOT_HANDED_IN = "not-handed-in"  # docked, and it does not go on


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of bytes of a fragmented MP4 that is never taken back.

    `opens` is true for ftyp+moov, the first piece of every file; all others are one moof with
    its mdat. `key` says that its first picture is a key frame. The stamps bound its pictures
    (sound, in a piece without pictures).
    """

    data: bytes
    opens: bool
    key: bool
    first_ns: int
    last_ns: int
    frames: int
    samples: int


class Camera(Protocol):
    """Gives encoded pictures until stopped."""

    @property
    def picture(self) -> Picture:
        """What it films, as it was really granted."""
        ...

    @property
    def lux(self) -> int:
        """How bright the newest picture's scene is; −1 if it cannot tell."""
        ...

    def start(
        self, on_frame: Callable[[Frame], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        """Begin; DeviceLost if it does not answer at all."""
        ...

    def stop(self) -> None:
        """Return when no further frame will come; harmless when already stopped."""
        ...


class Microphone(Protocol):
    """Gives sound until stopped."""

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        ...

    def start(
        self, on_pcm: Callable[[Pcm], None], on_lost: Callable[[DeviceLost | Lost], None]
    ) -> None:
        """Begin; DeviceLost if it does not answer at all."""
        ...

    def stop(self) -> None:
        """Return when no further sound will come; harmless when already stopped."""
        ...


class Speaker(Protocol):
    """Says sentences aloud."""

    def say(self, *clips: str) -> None:
        """Return at once; the clips with these ids are heard soon after, as one sentence."""
        ...

    def hush(self) -> None:
        """Forget the sentences that wait; the one that is being said is finished."""
        ...


class Muxer(Protocol):
    """Pictures and sound in, fragmented MP4 out, forward only."""

    def take(self, item: Frame | Pcm) -> Sequence[Piece]:
        """Pieces that are complete now; the first piece of a file opens it."""
        ...

    def turn(self) -> Sequence[Piece]:
        """Begin a new file at the next key frame; no picture is lost between the two."""
        ...

    def end(self) -> Sequence[Piece]:
        """Nothing more will be taken: what is still inside, the last piece of the last file."""
        ...


class Buttons(Protocol):
    """The officer's fingers."""

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """Report each debounced edge."""
        ...


class Gps(Protocol):
    """Where the unit is, as far as anybody can tell."""

    def listen(self, on_fix: Callable[[Fix | NoFix], None]) -> None:
        """Report every fix; NoFix once per loss."""
        ...


class NightSight(Protocol):
    """Infrared filter and infrared light."""

    def night(self) -> None:
        """Let infrared in, and give it."""
        ...

    def day(self) -> None:
        """Give none, and keep it out."""
        ...


class Power(Protocol):
    """Battery, mains and heat."""

    def listen(self, on_supply: Callable[[Supply], None]) -> None:
        """Report at once, and from then on every few seconds."""
        ...


class Signals(Protocol):
    """Lamp, buzzer and vibration as one: each state has all three."""

    def show(self, lamp: Lamp, beside: Lamp | None = None) -> None:
        """Show this state from now on, with the beeps and vibration of `beside` besides."""
        ...

    def feel(self) -> None:
        """Answer a press: one short vibration, at once."""
        ...
