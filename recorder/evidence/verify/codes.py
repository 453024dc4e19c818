"""Every finding a verdict can hold; what each says stands in `sentences`, by step.

Codes are stable: others write programs against them. A code has one axis and one weight.
"""

from __future__ import annotations

from enum import Enum, unique

from recorder.evidence.verdict import NOWHERE, Finding, Language, Place, Wording
from recorder.evidence.verify.sentences import films, log, outside


@unique
class Code(Enum):
    """The codes, in the order of the steps that find them."""

    # 1 the bag
    BAG_FORM = log.BAG_FORM
    BAG_DIGEST = log.BAG_DIGEST
    BAG_MISSING = log.BAG_MISSING
    BAG_UNLISTED = log.BAG_UNLISTED
    FILE_LITTER = log.FILE_LITTER
    FILE_UNREADABLE = log.FILE_UNREADABLE
    PACKAGE_FORM = log.PACKAGE_FORM
    PACKAGE_DISAGREES = log.PACKAGE_DISAGREES
    # 2 records
    LOG_MISSING = log.LOG_MISSING
    RECORD_FORM = log.RECORD_FORM
    RECORD_SEQ = log.RECORD_SEQ
    RECORD_LINK = log.RECORD_LINK
    RECORD_ORIGIN = log.RECORD_ORIGIN
    RECORD_RUN = log.RECORD_RUN
    COMMAND_NUMBER = log.COMMAND_NUMBER
    # 3 heads
    HEAD_FORM = log.HEAD_FORM
    HEAD_MISSING = log.HEAD_MISSING
    HEAD_EXTRA = log.HEAD_EXTRA
    HEAD_TWICE = log.HEAD_TWICE
    HEAD_ROOT = log.HEAD_ROOT
    HEAD_SIGNATURE = log.HEAD_SIGNATURE
    # 4 epochs
    EPOCH_NUMBER = log.EPOCH_NUMBER
    EPOCH_COMMITMENT = log.EPOCH_COMMITMENT
    EPOCH_IDENTITY = log.EPOCH_IDENTITY
    EPOCH_PREVIOUS = log.EPOCH_PREVIOUS
    # 5 identity
    CERTIFICATE_FORM = log.CERTIFICATE_FORM
    CERTIFICATE_NAME = log.CERTIFICATE_NAME
    SIGNER_UNKNOWN = log.SIGNER_UNKNOWN
    CERTIFICATE_INSTANT = log.CERTIFICATE_INSTANT
    UNIT_REVOKED = log.UNIT_REVOKED
    # 6 runs
    RUN_MISSING = log.RUN_MISSING
    RUN_OPENING = log.RUN_OPENING
    RUN_CLEAN = log.RUN_CLEAN
    TORN_UNSTATED = log.TORN_UNSTATED
    TORN_STATED = log.TORN_STATED
    TORN_END = log.TORN_END
    RUN_CUT = log.RUN_CUT
    # 7 recordings
    RECORDING_NUMBER = films.RECORDING_NUMBER
    RECORDING_MISSING = films.RECORDING_MISSING
    SEGMENT_NUMBER = films.SEGMENT_NUMBER
    SEGMENT_AFTER = films.SEGMENT_AFTER
    SEGMENT_TWICE = films.SEGMENT_TWICE
    STOP_TWICE = films.STOP_TWICE
    STOP_COUNT = films.STOP_COUNT
    RECORDING_OPEN = films.RECORDING_OPEN
    PICTURE_HOLE = films.PICTURE_HOLE
    GAP = films.GAP
    INTERRUPTED = films.INTERRUPTED
    RESUMED = films.RESUMED
    OTHER_RECORDINGS = films.OTHER_RECORDINGS
    NOTICE_UNHEARD = films.NOTICE_UNHEARD
    # 8 files
    FILE_MISSING = films.FILE_MISSING
    FILE_RENAMED = films.FILE_RENAMED
    FILE_SWAPPED = films.FILE_SWAPPED
    FILE_CHANGED = films.FILE_CHANGED
    FILE_TRUNCATED = films.FILE_TRUNCATED
    FILE_LONGER = films.FILE_LONGER
    FILE_FOREIGN = films.FILE_FOREIGN
    COMPANION_CHANGED = films.COMPANION_CHANGED
    FILE_RELEASED = films.FILE_RELEASED
    FILE_ORPHAN = films.FILE_ORPHAN
    STANDING_SIGNATURE = films.STANDING_SIGNATURE
    STANDING_DISAGREES = films.STANDING_DISAGREES
    CUT_FILE = films.CUT_FILE
    # 9 with a key
    NOT_DECRYPTED = films.NOT_DECRYPTED
    KEY_DOES_NOT_FIT = films.KEY_DOES_NOT_FIT
    CHUNK_DAMAGED = films.CHUNK_DAMAGED
    DECRYPTION = films.DECRYPTION
    CLEAR_CHANGED = films.CLEAR_CHANGED
    FRAGMENTS_CHANGED = films.FRAGMENTS_CHANGED
    SIDECAR_FORM = films.SIDECAR_FORM
    COMMAND_FORM = films.COMMAND_FORM
    COMMAND_UNRECORDED = films.COMMAND_UNRECORDED
    COMMAND_TIME = films.COMMAND_TIME
    COMMAND_SIGNATURE = films.COMMAND_SIGNATURE
    COMMAND_KEY_UNKNOWN = films.COMMAND_KEY_UNKNOWN
    COMMAND_ORDERED = films.COMMAND_ORDERED
    COMMAND_LEFT_OUT = films.COMMAND_LEFT_OUT
    COMMAND_KEY_NOT_GIVEN = films.COMMAND_KEY_NOT_GIVEN
    # 10 receipts
    NO_RECEIPT = outside.NO_RECEIPT
    RECEIPT_FORM = outside.RECEIPT_FORM
    RECEIPT_SIGNATURE = outside.RECEIPT_SIGNATURE
    RECEIPT_PROOF = outside.RECEIPT_PROOF
    RECEIPT_OTHER_LOG = outside.RECEIPT_OTHER_LOG
    RECEIPT_FILES = outside.RECEIPT_FILES
    HISTORY_REWRITTEN = outside.HISTORY_REWRITTEN
    TRUNCATED = outside.TRUNCATED
    RECEIPT_ABSENT = outside.RECEIPT_ABSENT
    NOT_RECEIVED = outside.NOT_RECEIVED
    RELEASE_WITHOUT_RECEIPT = outside.RELEASE_WITHOUT_RECEIPT
    # 11 time
    ANCHOR_NOT_COUNTED = outside.ANCHOR_NOT_COUNTED
    NO_ANCHOR = outside.NO_ANCHOR
    NO_RECEIPT_TIME = outside.NO_RECEIPT_TIME
    TIME_TOO_EARLY = outside.TIME_TOO_EARLY
    TIME_TOO_LATE = outside.TIME_TOO_LATE
    BRACKET_CROSSED = outside.BRACKET_CROSSED
    BOOTTIME_BACK = outside.BOOTTIME_BACK
    CLOCK_STEP = outside.CLOCK_STEP
    CLOCK_STEP_UNSTATED = outside.CLOCK_STEP_UNSTATED
    CLOCK_UNSURE = outside.CLOCK_UNSURE
    SATELLITES_DISAGREE = outside.SATELLITES_DISAGREE
    TIME_STAMPS = outside.TIME_STAMPS
    # 12 the end
    TAIL_OPEN = outside.TAIL_OPEN
    TAIL_AFTER = outside.TAIL_AFTER
    OUTSIDE_FORM = outside.OUTSIDE_FORM


SIGNER_DOUBTS = frozenset({Code.SIGNER_UNKNOWN.name})


def clock_text(second_ms: int | None) -> tuple[str, str]:
    """Give milliseconds from the first picture as mm:ss in Chinese and English."""
    if second_ms is None:
        return "未知时刻", "an unknown second"
    minutes, seconds = divmod(max(second_ms, 0) // 1000, 60)
    text = f"{minutes:02d}:{seconds:02d}"
    return text, text


def _spoken(facts: dict[str, object], language: Language) -> dict[str, object]:
    """Give the facts as `language` says them: a closed word has one in each."""
    return {
        name: fact.text(language) if isinstance(fact, Wording) else fact
        for name, fact in facts.items()
    }


def found(code: Code, place: Place = NOWHERE, **facts: object) -> Finding:
    """Make a finding; `facts` and `place` fill the braces of its sentences.

    A fact that is a `Wording` is said in the language of the sentence.
    """
    zh_clock, en_clock = clock_text(place.second_ms)
    here = {
        "seq": place.seq,
        "file": place.file,
        "from_byte": place.from_byte,
        "to_byte": place.to_byte,
    }
    kind = code.value
    zh_facts, en_facts = (_spoken(facts, language) for language in (Language.ZH, Language.EN))
    return Finding(
        code=code.name,
        axis=kind.axis,
        weight=kind.weight,
        wording=Wording(
            zh=kind.zh.format(**{**here, "clock": zh_clock, **zh_facts}),
            en=kind.en.format(**{**here, "clock": en_clock, **en_facts}),
        ),
        place=place,
    )
