"""照片: the pictures that officers asked to keep, taken out of the decrypted films beside them.

A photo is an instant of the film, stated in the log; the still is a copy for viewing, made here.
`清单.csv` of the folder says of each file where in the sealed originals it comes from.
"""

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.record import Mark, MarkKind, Record, Segment

LIST = "清单.csv"
COLUMNS = (
    "序号", "文件名", "类别", "格式", "大小(字节)", "校验值(SHA-256)", "录像编号",
    "取自封存文件", "片段序号", "录像内时间(秒)", "日志记录序号", "备注",
)  # fmt: skip
_BLOCK_BYTES = 1024 * 1024
_PATIENCE_SECONDS = 120
_PROGRAM = "recorder.programs.still"
_ON_SHOW_MS = 1_000
"""A picture older than this by the instant of the photo was not on show: the camera was away."""


@dataclass(frozen=True, slots=True)
class Still:
    """A photo: its mark's record, and what was written. Without a file, `problem` says why."""

    seq: int
    recording: int
    segment: Segment | None = None
    second_ms: int = 0
    fragment: int = 0
    file: str = ""
    problem: str = ""


def write_stills(records: Iterable[Record], recordings: tuple[int, ...], clear: Path) -> None:
    """Write a PNG for each photo of these recordings, and the list of all that is in `clear`.

    Each segment's film lies there already. A photo that cannot be taken stands in the list with
    the reason; nothing is left out in silence.
    """
    films: list[Segment] = []
    photos: list[tuple[int, Mark]] = []
    for record in records:
        body = record.body
        if isinstance(body, Segment) and body.recording in recordings:
            films.append(body)
        elif isinstance(body, Mark) and body.kind is MarkKind.PHOTO:
            photos.append((record.seq, body))
    stills = [
        _still(seq, mark, films, clear) for seq, mark in photos if mark.recording in recordings
    ]
    (clear / LIST).write_bytes(_listed(clear, films, stills))


def _still(seq: int, mark: Mark, films: list[Segment], clear: Path) -> Still:
    before = [
        film
        for film in films
        if film.recording == mark.recording
        and film.span.frames
        and film.span.first_ms <= mark.media_ms <= film.span.last_ms + _ON_SHOW_MS
    ]
    if not before:
        return Still(seq, mark.recording, problem="该时刻没有画面")
    film = before[-1]
    path = clear / _film_name(film)
    name = f"{path.stem}-photo-{seq}.png"
    wanted_ms = mark.media_ms - film.span.first_ms
    # Decoding what a unit sent is done at arm's length: a film that kills a decoder kills no more.
    try:
        ran = subprocess.run(
            [sys.executable, "-I", "-m", _PROGRAM, path, str(wanted_ms), clear / name],
            capture_output=True, text=True, check=False, timeout=_PATIENCE_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Still(seq, mark.recording, film, wanted_ms, problem="取图程序没有响应")
    if ran.returncode:
        said = ran.stderr.strip().splitlines()[-1:] or [f"取图程序以 {ran.returncode} 结束"]
        return Still(seq, mark.recording, film, wanted_ms, problem=said[0])
    said_json = json.loads(ran.stdout)
    fragment = _fragment_at(path, int(said_json["byte"]))
    return Still(seq, mark.recording, film, int(said_json["at_ms"]), fragment, name)


def _fragment_at(film: Path, byte: int) -> int:
    """Give the number of the leaf (docs/format.md §7.2) that holds this byte."""
    hasher = FragmentHasher()
    with film.open("rb") as opened:
        while block := opened.read(_BLOCK_BYTES):
            hasher.feed(block)
    hasher.finish_cut()
    return next(leaf.index for leaf in hasher.leaves if leaf.start <= byte < leaf.end)


def _listed(clear: Path, films: list[Segment], stills: list[Still]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    rows = [*(_film_row(clear, film) for film in films), *(_row(clear, one) for one in stills)]
    for number, row in enumerate(rows, 1):
        writer.writerow([number, *row])
    return out.getvalue().encode("utf-8-sig")


def _film_row(clear: Path, film: Segment) -> list[str]:
    number = f"{film.recording}-{film.segment}"
    name = _film_name(film)
    facts = ["视音频", "MP4(H.264/AAC)", *_measured(clear / name), number]
    return [name, *facts, film.media.file, "", "", "", "解密副本，供查看"]


def _row(clear: Path, still: Still) -> list[str]:
    sealed = "" if still.segment is None else still.segment.media.file
    number = f"{still.recording}" + (f"-{still.segment.segment}" if still.segment else "")
    second = f"{still.second_ms / 1000:.3f}" if still.segment else ""
    if not still.file:
        return ["", "照片", "", "", "", number, sealed, "", second, str(still.seq), still.problem]
    facts = ["照片", "PNG", *_measured(clear / still.file), number]
    return [still.file, *facts, sealed, str(still.fragment), second, str(still.seq), "取自视频画面"]


def _measured(file: Path) -> Iterator[str]:
    yield str(file.stat().st_size)
    with file.open("rb") as opened:
        yield hashlib.file_digest(opened, "sha256").hexdigest()


def _film_name(film: Segment) -> str:
    return Path(film.media.file).name.removesuffix(".age")
