"""A camera's pictures, one letter each; what the watch says about them."""

from __future__ import annotations

from itertools import count

import pytest

from recorder.capture.ports import DeviceLost, Lost
from recorder.devices.watch import Look, PictureWatch

RATE_HZ = 10
STEP_NS = 1_000_000_000 // RATE_HZ
SECOND_NS = 1_000_000_000


def tell(story: str, watch: PictureWatch, begin: int = 1) -> list[tuple[int, DeviceLost | Lost]]:
    """l lives · s the same as before · k black · K black, with a clock's bright digits ·. nothing.

    Facts come with the number of the step at which they were told.
    """
    fresh = count()
    sample = bytes(range(30, 230))
    facts: list[tuple[int, DeviceLost | Lost]] = []
    for step, letter in enumerate(story, begin):
        now_ns = step * STEP_NS  # the first picture is number 0
        if letter == "l":
            newest = next(fresh)
            sample = bytes((newest + at) % 200 + 30 for at in range(200))
        if letter == ".":
            facts += [(step, fact) for fact in watch.tick(now_ns)]
            continue
        black = {"k": bytes(200), "K": bytes(190) + bytes([235] * 10)}.get(letter)
        facts += [(step, fact) for fact in watch.saw(Look(black or sample, now_ns, step - 1))]
    return facts


@pytest.fixture
def watch() -> PictureWatch:
    return PictureWatch(RATE_HZ, begun_ns=0)


def test_a_camera_that_lives_is_left_alone(watch: PictureWatch) -> None:
    assert tell("l" * 50 + "s" * 5 + "l" * 20 + "k" * 5 + "l", watch) == []


def test_a_stall_is_told_within_a_second_and_counted_when_it_ends(watch: PictureWatch) -> None:
    (lost_at, lost), (back_at, counted) = tell("l" * 5 + "." * 20 + "ll", watch)
    assert isinstance(lost, DeviceLost)
    assert lost_at == 5 + RATE_HZ
    assert counted == Lost(lost.source, 20, 5 * STEP_NS, "the camera stalled", 26 * STEP_NS)
    assert back_at == 26


def test_each_stall_is_told_once(watch: PictureWatch) -> None:
    facts = tell("l" * 5 + "." * 40 + "lll" + "." * 40, watch)
    assert [type(fact) for _, fact in facts] == [DeviceLost, Lost, DeviceLost]


def test_a_camera_that_stays_stalled_is_to_be_opened_anew_every_three_seconds(
    watch: PictureWatch,
) -> None:
    """Once is not enough: while it is unplugged, opening it fails."""
    tell("l" * 5 + "." * 10, watch)
    asked = [step for step in range(15, 120) if watch.wants_anew(step * STEP_NS)]
    assert asked == [35, 65, 95]
    tell("l", watch, 120)
    assert not watch.wants_anew(121 * STEP_NS)


def test_single_pictures_that_are_skipped_are_counted(watch: PictureWatch) -> None:
    ((_, fact),) = tell("lllll.." + "lllll", watch)
    assert fact == Lost(fact.source, 2, 5 * STEP_NS, "the camera skipped pictures", 8 * STEP_NS)


@pytest.mark.parametrize(("letter", "word"), [("s", "frozen"), ("k", "black"), ("K", "black")])
def test_a_picture_that_shows_nothing_new_is_told_within_two_seconds_and_counted_at_its_end(
    watch: PictureWatch, letter: str, word: str
) -> None:
    (told_at, first), (_, rest) = tell("lllll" + letter * 30 + "lll", watch)
    assert isinstance(first, Lost)
    assert isinstance(rest, Lost)
    assert word in first.cause
    assert (told_at - 5) * STEP_NS <= 2 * SECOND_NS
    assert first.count + rest.count == 30


def test_a_sensor_that_does_not_count_while_it_stalls_is_counted_by_its_stamps() -> None:
    watch = PictureWatch(RATE_HZ, begun_ns=0)
    watch.saw(Look(b"a" * 99, STEP_NS, 0))
    watch.tick(2 * SECOND_NS)
    (fact,) = watch.saw(Look(b"b" * 99, 21 * STEP_NS, 1))
    assert fact == Lost(fact.source, 19, STEP_NS, "the camera stalled", 21 * STEP_NS)


def test_a_camera_that_films_more_slowly_than_granted_is_told_within_two_seconds() -> None:
    watch = PictureWatch(RATE_HZ, begun_ns=0)
    facts = [
        (number, fact)
        for number in range(12)
        for fact in watch.saw(Look(bytes([40 + number]) * 99, number * 3 * STEP_NS, number))
    ]
    assert "slowly" in str(facts[0][1])
    assert facts[0][0] * 3 * STEP_NS <= 2 * SECOND_NS
    assert sum(fact.count for _, fact in facts if isinstance(fact, Lost)) in range(14, 23)


def test_the_noise_of_a_dark_night_is_not_a_frozen_camera(watch: PictureWatch) -> None:
    causes = [fact.cause for _, fact in tell("k" * 40, watch) if isinstance(fact, Lost)]
    assert len(causes) == 1
    assert "black" in causes[0]
