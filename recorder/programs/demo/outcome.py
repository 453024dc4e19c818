"""What the exported package shows: films that are what their records say, losses, the verdict."""

from __future__ import annotations

import contextlib
import hashlib
import io
from typing import TYPE_CHECKING

from recorder.evidence.record import Segment, parse_record
from recorder.programs import verify
from recorder.programs.demo.household import FellShort

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from recorder.evidence.sealed import Span
    from recorder.programs.demo.places import Places

_LOSS_LIMIT_MS = 1_000
_PICTURE_MS = 40


def check_clear_films(places: Places) -> None:
    """Raise FellShort unless each film is what its record says, byte for byte."""
    for segment in _segments(places):
        name = segment.media.file.removeprefix("media/").removesuffix(".age")
        digest = hashlib.sha256((places.clear / name).read_bytes()).hexdigest()
        if digest != segment.media.clear.sha256:
            raise FellShort(f"{name} decrypts to {digest}, its record says otherwise")


def losses(
    places: Places, recordings: Sequence[int], killed_ms: Mapping[str, int]
) -> dict[str, int]:
    """Give what each SIGKILL cost in ms, by the sealed pictures' own stamps.

    Raise FellShort if one cost more than a second.
    """
    first, second, third = (_span(places, number) for number in recordings)
    cost = {
        "capture": max(0, killed_ms["capture"] - first.last_ms),
        "custody": max(0, third.first_ms - second.last_ms - _PICTURE_MS),
    }
    for who, lost_ms in cost.items():
        if lost_ms > _LOSS_LIMIT_MS:
            raise FellShort(f"killing {who} cost {lost_ms} ms of pictures")
    return cost


def verdict(places: Places, package: Path) -> tuple[int, str]:
    """Give exit code and text of `shilu verify` on `package`, with the station's key."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = verify.main(
            [str(package), "--trust", str(places.trust), "--key", str(places.age_key)]
        )
    return code, said.getvalue()


def _segments(places: Places) -> list[Segment]:
    logs = sorted((places.package / "data/unit/log").glob("*.jsonl"))
    lines = [line for log in logs for line in log.read_bytes().splitlines(keepends=True)]
    bodies = [parse_record(line).body for line in lines if line.endswith(b"}\n")]
    return [body for body in bodies if isinstance(body, Segment)]


def _span(places: Places, recording: int) -> Span:
    """From the first to the last picture of a recording."""
    spans = [s.span for s in _segments(places) if s.recording == recording and s.span.frames]
    return type(spans[0])(spans[0].first_ms, spans[-1].last_ms, sum(s.frames for s in spans), 0)
