"""Decrypted copies for viewing: films outside the package, which proves nothing by itself."""

from pathlib import Path

from recorder.evidence.age import Identity
from recorder.evidence.record import Segment
from uplink.station.admission.segment_check import Opened, SegmentRefused, clear_film


class NotOpened(Exception):
    """A film could not be decrypted; the sentence says why."""


def write_clear(
    segment: Segment, archive: Path, identities: tuple[Identity, ...], out: Path
) -> Path:
    """Write a segment's film as MP4 into the folder `out`. Raise NotOpened."""
    name = Path(segment.media.file).name.removesuffix(".age")
    out.mkdir(parents=True, exist_ok=True)
    path = out / name

    opened = Opened(lambda file: archive / file, identities)
    try:
        with path.open("wb") as film:
            for clear in clear_film(segment, opened):
                film.write(clear)
    except SegmentRefused as error:
        raise NotOpened(f"{segment.media.file} does not open: {error}") from error
    return path
