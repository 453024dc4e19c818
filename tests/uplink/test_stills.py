"""Photos at the station: taken out of the decrypted film, named, and traced to their fragment."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from recorder.devices import barcode
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.moment import ClockSource, Moment
from recorder.evidence.record import (
    Body,
    Clear,
    Ending,
    Fragments,
    InterruptCause,
    Mark,
    MarkKind,
    Record,
    SealedFile,
    SealedMedia,
    Segment,
    Span,
)
from recorder.evidence.words import ZERO_DIGEST, media_file, side_file
from tests.devices.studio import START_NS, Desk, numbered
from uplink.station.package.stills import LIST, write_stills

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
FIRST_MS = START_NS // 1_000_000


def records(*bodies: Body) -> list[Record]:
    at = Moment(FIRST_MS, "", ClockSource.NONE, -1)
    origin = "baofeng-mz.shilu/BF-0007"
    return [
        Record(seq, 1, 1, ZERO_DIGEST, "0" * 32, at, origin, body)
        for seq, body in enumerate(bodies, 40)
    ]


def segment(recording: int, number: int, first_ms: int, frames: int) -> Segment:
    clear = Clear(1, ZERO_DIGEST)
    media = SealedMedia(
        media_file(recording, number), 1, ZERO_DIGEST, ZERO_DIGEST, True, clear,
        Fragments(1, ZERO_DIGEST),
    )  # fmt: skip
    side = SealedFile(side_file(recording, number), 1, ZERO_DIGEST, True, clear)
    span = Span(first_ms, first_ms + (frames - 1) * 40, frames, 0)
    return Segment(recording, number, Ending.STOP, InterruptCause.NONE, media, side, span)


def photo(recording: int, after_ms: int) -> Mark:
    return Mark(recording, FIRST_MS + after_ms, MarkKind.PHOTO)


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    """The decrypted film of recording 7: two files of one second each, pictures 0 to 49."""
    desk = Desk()
    frames = numbered(50)
    desk.feed(frames[:25])
    desk.muxer.turn()
    desk.feed(frames[25:])
    desk.end()
    for number, pieces in enumerate(desk.files, 1):
        film = tmp_path / f"000007-{number:04d}.mp4"
        film.write_bytes(b"".join(piece.data for piece in pieces))
    return tmp_path


FILMS = (segment(7, 1, FIRST_MS, 25), segment(7, 2, FIRST_MS + 1_000, 25))


def listed(clear: Path) -> list[dict[str, str]]:
    text = (clear / LIST).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_photo_is_the_picture_of_its_instant_and_the_list_says_where_it_comes_from(
    clear: Path,
) -> None:
    said = records(FILMS[0], Mark(7, FIRST_MS + 100), photo(7, 700), photo(7, 1_450), FILMS[1])
    write_stills(said, (7,), clear)
    rows = [row for row in listed(clear) if row["类别"] == "照片"]
    shown = [barcode.read(np.asarray(Image.open(clear / r["文件名"]).convert("L"))) for r in rows]
    assert shown == [17, 36]
    assert [row["录像内时间(秒)"] for row in rows] == ["0.680", "0.440"]
    assert [row["取自封存文件"] for row in rows] == [media_file(7, 1), media_file(7, 2)]
    assert [row["日志记录序号"] for row in rows] == ["42", "43"]
    assert [row["片段序号"] for row in rows] == ["2", "1"]
    hasher = FragmentHasher()
    hasher.feed((clear / "000007-0001.mp4").read_bytes())
    assert len(hasher.leaves) >= 2


def test_photos_of_other_recordings_stay_where_they_are(clear: Path) -> None:
    write_stills(records(*FILMS, photo(8, 700)), (7,), clear)
    assert {row["类别"] for row in listed(clear)} == {"视音频"}
    assert not list(clear.glob("*.png"))


def test_a_photo_of_an_instant_without_a_picture_is_listed_with_the_reason(clear: Path) -> None:
    write_stills(records(*FILMS, photo(7, 9_000)), (7,), clear)
    (row,) = [row for row in listed(clear) if row["类别"] == "照片"]
    assert (row["文件名"], row["备注"]) == ("", "该时刻没有画面")


def test_a_film_that_does_not_decode_costs_its_photo_and_nothing_else(clear: Path) -> None:
    (clear / "000007-0001.mp4").write_bytes(b"no film")
    write_stills(records(*FILMS, photo(7, 700), photo(7, 1_450)), (7,), clear)
    bad, good = [row for row in listed(clear) if row["类别"] == "照片"]
    assert "cannot be read" in bad["备注"]
    assert (clear / good["文件名"]).is_file()
