"""Eight hours of sound whose card's clock is wrong: it stays with the picture, without a gap.

Simulated time, the real way from a card's statements to the film. Counted by samples alone, a card
that is 200 ppm off is 5.76 s from the picture in the evening.
"""

from __future__ import annotations

import random
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recorder.capture.ports import Frame
from recorder.devices.h264 import H264Encoder
from recorder.devices.muxer import Mp4Muxer
from recorder.devices.sound_line import SoundLine
from recorder.devices.sound_stamps import Heard, SoundStamps

if TYPE_CHECKING:
    from recorder.capture.ports import Lost, Piece
    from tests.devices.studio import Studio

SECOND_NS = 1_000_000_000
MS = 1_000_000
BEGINS_NS = 5_000 * SECOND_NS
HOURS = 8
RATE_HZ, BLOCK = 48_000, 960
MOST_APART_NS = 40 * MS


class Card:
    """A sound card that takes its own time to count samples, and states their age with jitter.

    Each ten minutes the machine is busy for a second and hears all of that second afterwards.
    """

    def __init__(self, parts_per_million: int, begins_ns: int = BEGINS_NS) -> None:
        self._true_hz = RATE_HZ * (1 + parts_per_million / 1e6)
        self._begins_ns = begins_ns
        self._jitter = random.Random(parts_per_million)  # noqa: S311 – noise

    def instant_ns(self, sample: int) -> int:
        """When this sample of the card's really sounded."""
        return self._begins_ns + round(sample / self._true_hz * SECOND_NS)

    def stated_ns(self, block: int) -> int:
        """What the card's callback makes of a block's first sample."""
        late_ns = self._jitter.randrange(12 * MS)
        into_ten_minutes = block % 30_000
        if 25_000 <= into_ten_minutes < 25_050:
            late_ns += (25_050 - into_ten_minutes) * SECOND_NS // 50
        return self.instant_ns(block * BLOCK) + late_ns

    def clicking(self, block: int, each_seconds: int) -> bytes:
        """A click of 4 ms where a whole multiple of so many true seconds begins in this block."""
        seconds = (self.instant_ns(block * BLOCK) - self._begins_ns) / SECOND_NS
        at = round(-seconds % each_seconds * self._true_hz)
        wave = np.zeros(BLOCK, "<i2")
        wave[at : at + RATE_HZ // 250] = 20_000
        return wave.tobytes()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_block_of_eight_hours_is_where_it_sounded_and_no_gap_is_stated() -> None:
    """Four hours too fast, then, colder, four too slow: 2.9 s, if samples were the clock."""
    lost: list[Lost] = []
    stamps, line = SoundStamps(RATE_HZ), SoundLine(RATE_HZ, lost.append)
    silence, half = bytes(BLOCK * 2), HOURS * 3600 * 50 // 2
    morning = Card(200)
    evening = Card(-200, morning.instant_ns(half * BLOCK))
    true_ns: deque[int] = deque()  # when blocks that were not stamped yet really ended
    worst_ns = 0
    for card in (morning, evening):
        for block in range(half):
            true_ns.append(card.instant_ns((block + 1) * BLOCK))
            for pcm in stamps.take(Heard(silence, card.stated_ns(block))):
                line.take(pcm)
                worst_ns = max(worst_ns, abs(line.instant_ns(line.end) - true_ns.popleft()))
    assert len(true_ns) < 10
    assert worst_ns <= MOST_APART_NS
    assert lost == []


@pytest.mark.slow
@pytest.mark.parametrize("parts_per_million", [-800, 800])
def test_a_click_and_its_picture_stay_together_in_the_film_however_wrong_the_card_is(
    parts_per_million: int, studio: type[Studio]
) -> None:
    """Four times as wrong as any card: half a second in ten minutes. A click each ten seconds."""
    lost: list[Lost] = []
    muxer = Mp4Muxer(studio.PICTURE, RATE_HZ, lost.append)
    card, stamps = Card(parts_per_million), SoundStamps(RATE_HZ)
    planes = np.full((studio.PICTURE.height * 3 // 2, studio.PICTURE.width), 128, np.uint8)
    picture = H264Encoder(studio.PICTURE).encode(planes, BEGINS_NS).data
    pieces: list[Piece] = []
    second = 0
    for block in range(599 * 50):
        if card.instant_ns(block * BLOCK) >= BEGINS_NS + second * SECOND_NS:
            if second % 100 == 0:
                muxer.turn()
            pieces += muxer.take(Frame(picture, True, BEGINS_NS + second * SECOND_NS))
            second += 1
        heard = Heard(card.clicking(block, each_seconds=10), card.stated_ns(block))
        for pcm in stamps.take(heard):
            pieces += muxer.take(pcm)
    pieces += muxer.end()
    opens = [at for at, piece in enumerate(pieces) if piece.opens]
    files = [pieces[first:last] for first, last in pairwise([*opens, len(pieces)])]
    assert len(files) == 6
    assert [loss.cause for loss in lost if "sound began" not in loss.cause] == []
    for file in files:
        film = studio.watch(file)
        base = (file[0].first_ns - BEGINS_NS) / SECOND_NS
        apart_ms = [((base + click + 5) % 10 - 5) * 1000 for click in film.loud_seconds]
        assert len(apart_ms) >= 9
        assert max(map(abs, apart_ms)) <= MOST_APART_NS / MS
