"""What conductor and lens say to each other: one canonical JSON object a packet (docs/unit.md).

Both are halves of capture, and still parse strictly: a lens that went mad must not take the
conductor, its buttons and its lamps with it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from recorder.evidence import canonical
from recorder.evidence.errors import Malformed

PACKET_LIMIT_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Film:
    """Start the sensors; hold what comes back."""


@dataclass(frozen=True, slots=True)
class Await:
    """Nothing is recorded: rest, or where the rules allow it, hold what comes before a press."""


@dataclass(frozen=True, slots=True)
class Go:
    """Custody has opened: hand over what is held and what follows."""


@dataclass(frozen=True, slots=True)
class Drop:
    """It was not a recording after all; film nothing, hold nothing."""


@dataclass(frozen=True, slots=True)
class Said:
    """The speaker now says `clip`; if `notice`, look for it in the microphone's sound."""

    clip: str
    notice: bool


@dataclass(frozen=True, slots=True)
class Hush:
    """The speaker forgets what waits to be said."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Let the last piece go."""


@dataclass(frozen=True, slots=True)
class Check:
    """Show that camera and microphone live."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What the picture text says besides the time: how far to trust it, and the place."""

    trust: str
    place: str


@dataclass(frozen=True, slots=True)
class Officers:
    """Whom the picture text names from now on; empty: nobody is bound."""

    text: str


@dataclass(frozen=True, slots=True)
class Alive:
    """How far the lens has come; CLOCK_BOOTTIME of its first and newest picture, 0 if none."""

    frames: int
    samples: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Held:
    """Answer to `film`: what was filmed before it begins here, CLOCK_BOOTTIME."""

    first_ms: int


@dataclass(frozen=True, slots=True)
class Light:
    """How bright the scene is, in lux; every 500 ms while the camera gives pictures."""

    lux: int


@dataclass(frozen=True, slots=True)
class Gives:
    """Whether camera and microphone give anything; told when that changes while they should."""

    camera: bool
    microphone: bool


@dataclass(frozen=True, slots=True)
class WasLost:
    """Material that is missing: frames or samples, −1 unknown; CLOCK_BOOTTIME milliseconds."""

    source: str
    lost: int
    from_ms: int
    to_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class NoticeSought:
    """Whether the notice was found in the microphone's sound; score in thousandths."""

    clip_sha256: str
    heard: bool
    score_permille: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What camera and microphone gave in the check; `level` is the sound's peak of 32,767."""

    frames: int
    samples: int
    level: int


@dataclass(frozen=True, slots=True)
class Remarked:
    """Something that whoever watches this recording should know of its picture."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Halted:
    """The last piece is with custody."""


Order = Film | Await | Go | Drop | Said | Hush | Halt | Check | Overlay | Officers
Report = Alive | Held | Light | Gives | WasLost | NoticeSought | Checked | Remarked | Halted

_WORDS: dict[str, type[Order | Report]] = {
    "film": Film,
    "await": Await,
    "go": Go,
    "drop": Drop,
    "said": Said,
    "hush": Hush,
    "halt": Halt,
    "check": Check,
    "overlay": Overlay,
    "officers": Officers,
    "alive": Alive,
    "held": Held,
    "light": Light,
    "gives": Gives,
    "lost": WasLost,
    "notice": NoticeSought,
    "checked": Checked,
    "remark": Remarked,
    "halted": Halted,
}
_NAMES = {kind: name for name, kind in _WORDS.items()}
_KINDS = {"int": int, "str": str, "bool": bool}


def encode(word: Order | Report) -> bytes:
    """One packet."""
    return canonical.encode({**dataclasses.asdict(word), "type": _NAMES[type(word)]})


def decode(packet: bytes) -> Order | Report:
    """Raise Malformed unless `packet` is one of the words, exactly."""
    if len(packet) > PACKET_LIMIT_BYTES:
        raise Malformed(f"A packet of {len(packet)} bytes between conductor and lens is too long.")
    value = canonical.decode(packet)
    if not isinstance(value, dict) or not isinstance(name := value.pop("type", None), str):
        raise Malformed("A packet between conductor and lens has no type.")
    kind = _WORDS.get(name)
    if kind is None:
        raise Malformed(f"Conductor and lens know no word {name!r}.")
    wanted = {field.name: _KINDS[str(field.type)] for field in dataclasses.fields(kind)}
    if {key: type(item) for key, item in value.items()} != wanted:
        raise Malformed(f"The word {name!r} between conductor and lens has other fields.")
    word: Order | Report = kind(**value)  # type: ignore[arg-type]  # checked in the lines above
    return word
