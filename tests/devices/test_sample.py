"""The made tapes are what a bench unit needs, and the same each time."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from recorder.capture.ports import Fix
from recorder.devices import barcode
from recorder.devices.nmea import NmeaReader
from recorder.devices.sample import make_tapes

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.devices.sample import Tapes

BEGINS = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def test_the_film_is_twenty_seconds_of_numbered_moving_pictures(tapes: Tapes) -> None:
    with av.open(str(tapes.film)) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.average_rate == Fraction(25)
        numbers, before, still = [], None, 0
        for picture in film.decode(stream):
            luma = np.asarray(picture.to_ndarray()[:720], np.uint8)
            numbers.append(barcode.read(luma))
            scene = luma[:600].copy()
            still += before is not None and np.array_equal(scene, before)
            before = scene
    assert numbers == list(range(500))
    assert still == 0


def test_the_sound_is_twenty_seconds_and_has_pauses(tapes: Tapes) -> None:
    with av.open(str(tapes.sound)) as tape:
        sound = np.concatenate([block.to_ndarray()[0] for block in tape.decode(audio=0)])
    loudness = np.abs(sound[: 48_000 * 20].reshape(-1, 4800)).mean(axis=1)
    assert len(sound) == 48_000 * 20
    assert loudness.max() > 1000
    assert (loudness < 100).sum() > 5


def test_the_walk_lasts_and_stays_near_baofeng(tapes: Tapes) -> None:
    reader = NmeaReader(datetime(2026, 1, 1, tzinfo=UTC))
    lines = tapes.nmea.read_bytes().splitlines(keepends=True)
    fixes = [
        fact for n, line in enumerate(lines) for fact in reader.feed(line, n // 2 * 1_000_000_000)
    ]
    assert len(fixes) >= 120
    places = [fact for fact in fixes if isinstance(fact, Fix)]
    assert places == fixes
    for fix in places:
        assert abs(fix.lat_e7 - 338_700_000) < 50_000
        assert abs(fix.lon_e7 - 1_130_500_000) < 100_000
    assert places[0].utc == "2026-11-21T01:00:00.000Z"
    assert len({(fix.lat_e7, fix.lon_e7) for fix in places}) > 100


def test_the_same_seed_makes_the_same_bytes(tapes: Tapes, tmp_path: Path) -> None:
    again = make_tapes(tmp_path, BEGINS)
    other = make_tapes(tmp_path / "other", BEGINS, seed=2)
    for made, same, different in (
        (tapes.film, again.film, other.film),
        (tapes.sound, again.sound, other.sound),
    ):
        assert made.read_bytes() == same.read_bytes()
        assert made.read_bytes() != different.read_bytes()
    assert tapes.nmea.read_bytes() == again.nmea.read_bytes()
