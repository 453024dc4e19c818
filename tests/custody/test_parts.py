"""Small parts by themselves: slots, clock steps, the forecast, the real clock."""

from __future__ import annotations

import errno
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.custody.clock import KernelClock, StepWatch
from recorder.custody.durable import AppendOnly, LinuxDisk
from recorder.custody.effects import Effect, go_on
from recorder.custody.errors import NotReady, RefusedRequest, StorageLost
from recorder.custody.keys import FileSigner
from recorder.custody.piece import check_boxes
from recorder.custody.slots import Slots
from recorder.custody.space import RESERVE_BYTES, USUAL_BYTES_PER_SECOND, Space
from recorder.evidence.moment import ClockSource
from recorder.handover.errors import RefusedPacket
from tests.custody.rig import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

EFFECTS = (Effect.WRITE_STANDING, Effect.SYNC_STANDING)


class CountingDisk(LinuxDisk):
    """Fails once, and counts what it is asked after."""

    def __init__(self) -> None:
        self.asked = 0

    def sync(self, fd: int) -> None:
        self.asked += 1
        if self.asked == 1:
            raise OSError(errno.EIO, "Input/output error")
        super().sync(fd)


def test_a_file_is_never_trusted_again_after_its_first_error(folder: Path) -> None:
    disk = CountingDisk()
    fd = disk.create(folder / "f", 0o440)
    file = AppendOnly(disk, go_on, "f", fd=fd, length=0, effects=EFFECTS)
    file.append(b"before")
    for again in (file.sync, file.sync, lambda: file.append(b"after")):
        with pytest.raises(StorageLost, match="check the card"):
            again()
    file.close()
    assert disk.asked == 1
    assert (folder / "f").read_bytes() == b"before"


def slots(folder: Path) -> Slots:
    return Slots(folder, "s", LinuxDisk(), go_on, EFFECTS)


def test_a_slot_torn_at_any_byte_leaves_the_one_before(folder: Path) -> None:
    pair = slots(folder)
    pair.write(b"older")
    pair.write(b"newer" * 20)
    whole = (folder / "s.1").read_bytes()
    for length in range(len(whole)):
        (folder / "s.1").write_bytes(whole[:length])
        assert pair.payloads() == (b"older",)
    pair.close()


def test_a_flipped_byte_of_a_slot_is_seen(folder: Path) -> None:
    pair = slots(folder)
    pair.write(b"older")
    pair.write(b"newer")
    whole = bytearray((folder / "s.1").read_bytes())
    for at in range(len(whole)):
        whole[at] ^= 1
        (folder / "s.1").write_bytes(whole)
        assert pair.payloads() == (b"older",)
        whole[at] ^= 1
    pair.close()


def test_slots_are_overwritten_in_turn_also_after_a_restart(folder: Path) -> None:
    for number in range(5):
        pair = slots(folder)
        pair.write(b"%d" % number * (9 - number))
        assert pair.payloads()[0] == b"%d" % number * (9 - number)
        pair.close()


def test_a_blanked_slot_holds_nothing_of_what_it_held(folder: Path) -> None:
    pair = slots(folder)
    pair.write(b"secret" * 9)
    pair.write(b"next")
    for _ in range(3):
        pair.blank_older(Effect.FORGET_KEY)
    assert b"secret" not in (folder / "s.0").read_bytes()
    assert pair.payloads() == (b"next",)
    pair.close()


def test_a_clock_that_jumps_is_noticed_and_one_that_walks_is_not() -> None:
    clock = ManualClock()
    watch = StepWatch(clock.now())
    clock.pass_ms(3_600_000)
    assert watch.look(clock.now()) is None
    clock.utc_ms -= 5000
    step = watch.look(clock.now())
    assert step is not None
    assert (step.delta_ms, step.source) == (-5000, ClockSource.NTP)
    assert watch.look(clock.now()) is None
    assert watch.look(replace(clock.now(), utc="", source=ClockSource.NONE)) is None


def test_a_step_within_the_stated_error_is_none() -> None:
    clock = ManualClock(error_ms=9000)
    watch = StepWatch(clock.now())
    clock.utc_ms += 5000
    assert watch.look(clock.now()) is None


def test_the_real_clock_counts_boottime_and_says_how_far_utc_is_to_be_believed() -> None:
    clock = KernelClock()
    first, second = clock.now(), clock.now()
    assert second.boottime_ms >= first.boottime_ms > 0
    assert abs(first.boottime_ms - time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000) < 5000
    assert (first.source is ClockSource.NTP) == (first.error_ms > 0)


def test_the_forecast_learns_the_rate_of_this_unit() -> None:
    space, clock = Space(lambda: RESERVE_BYTES + 600_000_000, 10), ManualClock()
    assert space.forecast().minutes_left == 10
    for _ in range(300):
        space.wrote(250_000, clock.now())
        clock.pass_ms(500)
    assert space.forecast().minutes_left in {19, 20}
    space.check_room()
    with pytest.raises(RefusedRequest, match="dock the unit"):
        Space(lambda: RESERVE_BYTES, 1).check_room()


def test_the_time_left_is_told_at_each_threshold_and_once_a_minute_where_it_changed() -> None:
    free_minutes = [130]
    space, clock = (
        Space(lambda: RESERVE_BYTES + free_minutes[0] * 60 * USUAL_BYTES_PER_SECOND, 10),
        ManualClock(),
    )

    def told(minutes: int, after_ms: int = 1_000) -> int | None:
        free_minutes[0] = minutes
        clock.pass_ms(after_ms)
        return space.news(clock.now())

    assert told(130) is None
    assert told(119) == 119
    assert told(118) is None
    assert told(118, 60_000) == 118
    assert told(118, 60_000) is None  # it has not changed
    assert told(59) == 59
    assert told(90) is None  # a release may free more in the same minute
    assert told(90, 60_000) == 90
    assert told(58) == 58  # below sixty again
    assert told(0) == 0
    assert told(500, 60_000) == 500


@given(st.binary(max_size=64), st.booleans())
def test_hostile_boxes_give_only_a_refusal(media: bytes, opens: bool) -> None:  # noqa: FBT001
    with pytest.raises(RefusedPacket):
        check_boxes(media, opens=opens)


def test_an_identity_that_others_may_read_or_that_is_none_is_one_sentence(folder: Path) -> None:
    path = folder / "identity.pem"
    for text, mode, word in (("x", 0o644, "chmod 600"), ("x", 0o600, "PEM")):
        path.write_text(text, encoding="ascii")
        path.chmod(mode)
        with pytest.raises(NotReady, match=word):
            FileSigner.load(path)
