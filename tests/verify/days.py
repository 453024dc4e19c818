"""Honest days as dice throw them: presses, cuts, resumed recordings, lost things, receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.moment import ClockSource
from recorder.evidence.record import (
    ClockStep,
    Ending,
    GapSource,
    StartCause,
    StopCause,
    UnitKind,
)
from recorder.evidence.record import Gap as StatedGap
from recorder.evidence.sidecar import Officers
from recorder.evidence.words import blocks_of, media_file, side_file
from tests.verify.conftest import enrolled
from tests.verify.station import CREW
from tests.verify.unit import Dice

if TYPE_CHECKING:
    from tests.verify.conftest import Scene


def honest_day(seed: int) -> tuple[Scene, tuple[int, ...]]:
    """Give a unit after a day that nobody tampered with, and the recordings to hand out."""
    dice = Dice(seed)
    pinned = dice.rng.random() < 0.5
    scene = enrolled(seed=seed, fragment_bytes=dice.rng.choice((500, 9000, 40_000)))
    if seed % 3:  # satellites give a time, and may lack leap seconds
        scene.unit.kind = UnitKind.DEVICE
        scene.unit.satellites_wrong_ms = dice.rng.choice((0, 900, -18_000))
        scene.unit.boot()
    scene.station.pins_commands = pinned
    deeds = (
        plain,
        cut_off,
        resumed,
        with_gap,
        clock_step,
        lost_gps,
        restart,
        hand_in,
        marked,
        ordered,
    )
    for _ in range(dice.rng.randrange(3, 9)):
        dice.rng.choice(deeds)(scene, dice)
    if scene.unit.recording == 0:
        plain(scene, dice)
    every = range(1, scene.unit.recording + 1)
    chosen = [number for number in every if dice.rng.random() < 0.7]
    return scene, tuple(chosen) or (1,)


def plain(scene: Scene, dice: Dice) -> None:
    scene.unit.record(*dice.rng.choices((1, 2.5, 4), k=dice.rng.randrange(1, 4)))


def marked(scene: Scene, dice: Dice) -> None:
    number = scene.unit.start()
    for _ in range(dice.rng.randrange(1, 90)):
        scene.unit.mark()
    scene.unit.go_on(number, 1, 2.0)


def ordered(scene: Scene, dice: Dice) -> None:
    """The station orders officers or a look; sometimes power goes before they are bound."""
    unit = scene.unit
    number = unit.commands + dice.rng.randrange(1, 3)
    before = unit.officers, unit.ordered
    what = dice.rng.choice((CREW, Officers(("王伟",), ("110025",)), None))
    unit.obey(scene.station.order(unit, number, officers=what))
    if dice.rng.random() < 0.2:
        unit.officers, unit.ordered = before
    plain(scene, dice)


def cut_off(scene: Scene, dice: Dice) -> None:
    """Power goes in a segment; sometimes before its first sync, sometimes with torn lines."""
    unit = scene.unit
    number = unit.start()
    turns = dice.rng.randrange(3)
    for segment in range(1, turns + 1):
        unit.segment(number, segment, 2, Ending.TURN)
    unit.power_cut(
        number,
        turns + 1,
        dice.rng.choice((0.5, 3.0)),
        unsynced=dice.rng.choice((0, 0.5, 4)),
        synced=dice.rng.random() < 0.8,
        torn_log=dice(dice.rng.choice((0, 7, 300))).replace(b"\n", b" "),
        torn_heads=dice(dice.rng.choice((0, 50))).replace(b"\n", b" "),
    )


def resumed(scene: Scene, dice: Dice) -> None:
    cut_off(scene, dice)
    before = scene.unit.recording
    number = scene.unit.start(StartCause.RESUME, continues=before)
    scene.unit.go_on(number, 1, 2.0)


def with_gap(scene: Scene, dice: Dice) -> None:
    """The camera or the whole of capture is lost; custody closes the segment."""
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, dice.rng.choice((Ending.TURN, Ending.INTERRUPTED)))
    unit.gap(dice.rng.randrange(10, 5000))
    unit.go_on(number, 2, 2.0)


def clock_step(scene: Scene, dice: Dice) -> None:
    unit = scene.unit
    delta = dice.rng.choice((-700, 900))
    unit.clock.wrong_by_ms += delta
    unit.say(ClockStep(delta, ClockSource.NTP, "step"))
    unit.clock.wrong_by_ms -= delta
    unit.say(ClockStep(-delta, ClockSource.GPS, "fix"))


def lost_gps(scene: Scene, dice: Dice) -> None:
    unit = scene.unit
    number = unit.start()
    unit.clock.source, unit.clock.error_ms = dice.rng.choice(
        ((ClockSource.NONE, -1), (ClockSource.RTC, -1), (ClockSource.NTP, 200))
    )
    since = unit.clock.boottime_ms
    unit.segment(number, 1, 2, Ending.STOP)
    unit.say(StatedGap(number, GapSource.GPS, since, unit.clock.boottime_ms, -1, "no fix"))
    unit.stop(number, 1, StopCause.POWER)
    unit.clock.source, unit.clock.error_ms = ClockSource.GPS, 50


def restart(scene: Scene, dice: Dice) -> None:
    """Off and on again; sometimes the kernel with it."""
    unit = scene.unit
    unit.shut_down()
    if dice.rng.random() < 0.5:
        unit.clock.true_offset_ms += unit.clock.boottime_ms + 3_600_000
        unit.clock.boottime_ms = 5000
        unit.kernel_boot_id += "+"
    unit.boot()


def hand_in(scene: Scene, dice: Dice) -> None:
    """Dock: the station takes all; sometimes the unit frees the oldest film."""
    unit = scene.unit
    scene.station.anchor(unit)
    plain(scene, dice)
    number = unit.recording
    segment_seq = next(
        seq
        for seq, line in enumerate(unit.lines)
        if b'"type":"segment"' in line and f'"recording":{number},'.encode() in line
    )
    filed = scene.station.take_in(unit)
    if dice.rng.random() < 0.5:
        film = media_file(number, 1)
        names = [film, blocks_of(film), side_file(number, 1)]
        station_copies = {name: unit.files[name] for name in names}
        unit.release(segment_seq, names, filed)
        unit.files.update(station_copies)  # packages are made at the station
