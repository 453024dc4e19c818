"""The closed lists of words that records use (§3.2): causes, endings, sources, verdicts."""

import enum

SUITE = "shilu-1"


class KeyStore(enum.StrEnum):
    """Where the identity key lives."""

    FILE = "file"
    FIRMWARE = "rpi-fw-crypto"
    PKCS11 = "pkcs11"


class Suite(enum.StrEnum):
    """The algorithms; there is one suite, and it is never negotiated."""

    SHILU_1 = SUITE


class UnitKind(enum.StrEnum):
    """Whether real sensors were behind a run."""

    DEVICE = "device"
    BENCH = "bench"


class CheckVerdict(enum.StrEnum):
    """What a self-check found."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"


class StartCause(enum.StrEnum):
    """Why a recording began."""

    BUTTON = "button"
    RESUME = "resume"
    COMMAND = "command"


class StopCause(enum.StrEnum):
    """Why a recording ended."""

    BUTTON = "button"
    POWER = "power"
    STORAGE = "storage"
    CAPTURE_LOST = "capture lost"
    CUSTODY_LOST = "custody lost"
    COMMAND = "command"


class MarkKind(enum.StrEnum):
    """What a mark asks for beyond attention."""

    PHOTO = "photo"


class Ordered(enum.StrEnum):
    """What a station may order (§12)."""

    OFFICERS = "officers"
    CHECK = "check"


class GapSource(enum.StrEnum):
    """Where material went missing."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    GPS = "gps"
    LENS = "lens"
    CAPTURE = "capture"
    CUSTODY = "custody"
    STORAGE = "storage"


class Ending(enum.StrEnum):
    """How a segment ended."""

    TURN = "turn"
    STOP = "stop"
    INTERRUPTED = "interrupted"


class InterruptCause(enum.StrEnum):
    """Why a segment was interrupted; empty if it was not."""

    NONE = ""
    CAPTURE_LOST = "capture lost"
    CUSTODY_LOST = "custody lost"
    STORAGE = "storage"
