"""Records: every type comes back, and nothing but the format is read or written."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.canonical import line
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.moment import ClockSource, Moment
from recorder.evidence.record import (
    MAX_LINE_BYTES,
    Anchor,
    Body,
    CheckVerdict,
    ClockStep,
    CommandTaken,
    Ending,
    EpochBegins,
    Gap,
    GapSource,
    InterruptCause,
    KeyStore,
    Mark,
    MarkKind,
    Notice,
    Ordered,
    Orphan,
    PictureSize,
    ReceiptFiled,
    Record,
    Refused,
    Release,
    ReleasedFile,
    RunBegins,
    SealedFile,
    SealedMedia,
    Segment,
    SelfCheck,
    SelfCheckItem,
    Shutdown,
    SoundRate,
    Start,
    StartCause,
    Stop,
    StopCause,
    Suite,
    Tail,
    Torn,
    UnitKind,
    body_of,
    body_value,
    encode_record,
    parse_record,
)
from recorder.evidence.words import (
    EMPTY_DIGEST,
    ZERO_DIGEST,
    base64_text,
    digest,
    media_file,
    receipt_file,
    side_file,
    tail_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = "baofeng-mz.shilu/BF-0007"
SHA = digest(b"something")
KEY = base64_text(bytes(32))
EPOCH = EpochBegins(KEY, SHA, Suite.SHILU_1, KeyStore.FILE, base64_text(bytes(70)), "")
BODIES: tuple[Body, ...] = (
    EPOCH,
    RunBegins(
        kernel_boot_id="0c3d7f0e-9c1f-4f3c-8d4c-0f6b3b1d2a10",
        unit_kind=UnitKind.BENCH,
        software="0.1.0",
        software_sha256=SHA,
        config_sha256=SHA,
        protection=("append-only", "immutable"),
        clean=True,
        torn=Torn(0, EMPTY_DIGEST, 0, EMPTY_DIGEST),
    ),
    Shutdown("power off"),
    Anchor("origin\n1\nroot\n\n— name signature\n"),
    SelfCheck(CheckVerdict.WARN, (SelfCheckItem("battery", CheckVerdict.WARN, 61, "minutes"),)),
    Start(12, StartCause.BUTTON, 0, 2, SHA, 0, PictureSize(1920, 1080, 30), SoundRate(48_000)),
    Notice(12, SHA, heard=True, score_permille=912),
    Mark(12, 3_599_000),
    Mark(12, 3_599_000, MarkKind.PHOTO),
    Gap(12, GapSource.CAMERA, 5, 9, -1, "stalled"),
    ClockStep(-3_600_000, ClockSource.GPS, "first fix"),
    Stop(12, StopCause.CAPTURE_LOST, 3, 5400),
    ReceiptFiled(receipt_file(41), SHA, 41, 9001),
    Release(17, (ReleasedFile(media_file(12, 3), SHA),), receipt_file(41)),
    CommandTaken(17, Ordered.OFFICERS, SHA),
    Refused("delete", "technician", "no such function"),
    Orphan("media/what is this?", 17, SHA),
)


def untyped(kind: Callable[..., Body]) -> Callable[..., Body]:
    """Let a test give a record what its types forbid."""
    return kind


def record(body: Body) -> Record:
    at = Moment(3_600_120, "2026-11-21T10:05:33.120Z", ClockSource.GPS, 50)
    return Record(41, 3, 7, ZERO_DIGEST, "00" * 16, at, ORIGIN, body)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.TYPE)
def test_every_type_of_record_comes_back(body: Body) -> None:
    written = encode_record(record(body))
    assert written.endswith(b"\n")
    assert parse_record(written) == record(body)
    assert body_of(body.TYPE, body_value(body)) == body


def test_a_segment_record_reads_as_the_format_says(segment: Segment) -> None:
    written = encode_record(record(segment))
    assert parse_record(written).body == segment
    seen = json.loads(written)
    common = {"at", "epoch", "origin", "prev", "run", "salt", "seq", "type", "v"}
    own = {"cause", "ending", "media", "recording", "segment", "side", "span"}
    assert seen.keys() == common | own
    assert (seen["v"], seen["type"], seen["cause"]) == (1, "segment", "")
    assert sorted(seen["media"]) == sorted(
        ["blocks_sha256", "clear", "complete", "file", "fragments", "length", "sha256"]
    )


def test_an_interrupted_segment_has_a_standing_and_tails(segment: Segment) -> None:
    media = replace(
        segment.media,
        complete=False,
        tail=Tail(tail_of(segment.media.file), 300, SHA, 655_360),
    )
    cut = replace(
        segment,
        ending=Ending.INTERRUPTED,
        cause=InterruptCause.CUSTODY_LOST,
        media=media,
        standing="a note",
    )
    assert parse_record(encode_record(record(cut))).body == cut


def wrong_segments(segment: Segment) -> tuple[Segment, ...]:
    media, side = segment.media, segment.side
    tail = Tail(tail_of(media.file), 300, SHA, 0)
    return (
        replace(segment, media=replace(media, blocks_sha256=None)),
        replace(segment, media=replace(media, file=media_file(12, 4))),
        replace(segment, recording=13),
        replace(segment, side=replace(side, file=media.file)),
        replace(segment, side=replace(side, file=side_file(12, 4))),
        replace(segment, media=replace(media, file=side.file)),
        replace(segment, ending=Ending.INTERRUPTED),
        replace(segment, cause=InterruptCause.STORAGE),
        replace(segment, media=replace(media, tail=tail)),
        replace(segment, side=replace(side, complete=False, tail=tail)),
    )


def test_a_seal_that_contradicts_itself_is_neither_written_nor_read(segment: Segment) -> None:
    for wrong in wrong_segments(segment):
        with pytest.raises(Malformed):
            encode_record(record(wrong))
    honest = json.loads(encode_record(record(segment)))
    honest["cause"] = "storage"
    with pytest.raises(Malformed, match="exactly if the segment was interrupted"):
        parse_record(line(honest))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (Mark(0, 5), r"mark.recording: 0 does not lie between 1"),
        (Mark(12, -5), r"mark.media_ms"),
        (Mark(12, 500, None, 499), r"ends before it begins"),
        (Mark(True, 5), r"mark.recording is not an integer"),
        (untyped(Notice)(12, SHA, heard=1, score_permille=5), r"notice.heard is not true or false"),
        (Notice(12, SHA, heard=True, score_permille=1001), r"score_permille"),
        (Notice(12, SHA.upper(), heard=True, score_permille=1), r"clip_sha256"),
        (untyped(Shutdown)(5), r"shutdown.reason is not a text"),
        (untyped(Stop)(12, "because", 1, 1), r"stop.cause is none of 'button'"),
        (
            untyped(Release)(1, [ReleasedFile(media_file(1, 1), SHA)], receipt_file(1)),
            r"not a tuple",
        ),
        (untyped(Release)(1, (Mark(1, 1),), receipt_file(1)), r"files\[0\] is not a ReleasedFile"),
        (Release(1, (ReleasedFile("/etc/passwd", SHA),), receipt_file(1)), r"files\[0\].file"),
        (Release(1, (), media_file(1, 1)), r"does not name a receipt"),
        (replace(EPOCH, previous_signature=base64_text(b"short")), r"previous_signature|64"),
        (replace(EPOCH, public_key=base64_text(b"short")), r"public_key"),
        (Shutdown("\ud800"), r"surrogate"),
        (Shutdown("x" * MAX_LINE_BYTES), r"at most 65536"),
    ],
)
def test_what_no_reader_would_take_is_not_written(body: Body, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        encode_record(record(body))


def test_an_epoch_record_carries_a_whole_signature_or_none() -> None:
    whole = replace(EPOCH, previous_signature=base64_text(bytes(64)))
    assert parse_record(encode_record(record(whole))).body == whole


def spoilt(change: Callable[[dict[str, Any]], object]) -> bytes:
    fields = json.loads(encode_record(record(Mark(12, 5))))
    change(fields)
    return line(fields)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.pop("seq"),
        lambda f: f.pop("v"),
        lambda f: f.pop("type"),
        lambda f: f.pop("media_ms"),
        lambda f: f["at"].pop("source"),
        lambda f: f.update(v=2),
        lambda f: f.update(v=True),
        lambda f: f.update(type="markt"),
        lambda f: f.update(type=5),
        lambda f: f.update(extra=1),
        lambda f: f["at"].update(extra=1),
        lambda f: f["at"].update(source="sundial"),
        lambda f: f["at"].update(utc="noon"),
        lambda f: f.update(at=[]),
        lambda f: f.update(seq=-1),
        lambda f: f.update(seq=False),
        lambda f: f.update(run=0),
        lambda f: f.update(epoch=0),
        lambda f: f.update(prev="0"),
        lambda f: f.update(salt="0"),
        lambda f: f.update(origin="baofeng-mz.shilu/station"),
        lambda f: f.update(recording="12"),
    ],
)
def test_a_record_with_anything_wrong_is_refused(
    change: Callable[[dict[str, Any]], object],
) -> None:
    with pytest.raises(Malformed):
        parse_record(spoilt(change))


def test_a_record_is_one_canonical_line() -> None:
    good = encode_record(record(Mark(12, 5)))
    assert parse_record(good) == record(Mark(12, 5))
    for wrong in (
        good[:-1],
        good + b"\n",
        good[:-1] + b" \n",
        b" " + good,
        b"[]\n",
        b"\n",
        good.replace(b",", b", "),
        b'"' + b"x" * MAX_LINE_BYTES + b'"\n',
    ):
        with pytest.raises(Malformed):
            parse_record(wrong)


def test_a_line_that_is_too_long_is_not_even_parsed() -> None:
    fields = json.loads(encode_record(record(Shutdown("x"))))
    room = MAX_LINE_BYTES - len(line(fields))
    longest = line({**fields, "reason": "x" * (room + 1)})
    assert len(longest) == MAX_LINE_BYTES
    assert parse_record(longest).body == Shutdown("x" * (room + 1))
    with pytest.raises(Malformed, match="at most 65536"):
        parse_record(line({**fields, "reason": "x" * (room + 2)}))


def test_arrays_are_arrays() -> None:
    fields = json.loads(encode_record(record(BODIES[1])))
    fields["protection"] = "immutable"
    with pytest.raises(Malformed, match="protection is not an array"):
        parse_record(line(fields))


def test_no_field_of_a_body_shadows_a_common_one(segment: Segment) -> None:
    common = set(json.loads(encode_record(record(Shutdown("x"))))) - {"reason"}
    for body in (*BODIES, segment):
        assert not common & body_value(body).keys()


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 300), st.integers(0, 255))
def test_no_bytes_break_the_reader_of_records(data: bytes, place: int, byte: int) -> None:
    changed = bytearray(encode_record(record(Mark(12, 5))))
    changed[place % len(changed)] = byte
    for candidate in (data, data + b"\n", bytes(changed)):
        with contextlib.suppress(EvidenceError):
            assert encode_record(parse_record(candidate)) == candidate


def test_sealed_parts_keep_the_order_of_the_format() -> None:
    assert SealedMedia.__match_args__[:4] == ("file", "length", "sha256", "blocks_sha256")
    assert SealedFile.__match_args__ == ("file", "length", "sha256", "complete", "clear", "tail")


def test_a_self_check_is_whole_if_the_key_was_asked() -> None:
    battery = SelfCheckItem("battery", CheckVerdict.WARN, 61, "minutes")
    key = SelfCheckItem("key", CheckVerdict.PASS, 1, "yes")
    assert SelfCheck(CheckVerdict.WARN, (battery, key)).whole
    assert not SelfCheck(CheckVerdict.WARN, (battery,)).whole
