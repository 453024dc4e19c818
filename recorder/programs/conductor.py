"""The conductor process: `python -I -m recorder.programs.conductor`.

What it does is told on standard output, one JSON object a line, for the journal and for the demo;
nothing true lives only there.
"""

from __future__ import annotations

import argparse
import os
import queue
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.words import ConfigRefused
from recorder.capture import lens_words as words
from recorder.capture.conductor.conductor import Conductor
from recorder.capture.conductor.eye import Eye
from recorder.capture.conductor.manners import Surroundings
from recorder.capture.conductor.packet_pen import PacketPen
from recorder.capture.conductor.told import Crew
from recorder.capture.overlay import who
from recorder.capture.ports import DeviceLost
from recorder.custody.clock import KernelClock
from recorder.devices.prompts import PromptsUnreadable, load_prompts
from recorder.evidence.errors import Malformed
from recorder.handover import packets
from recorder.handover.errors import LinkLost
from recorder.handover.orders import Assign, CheckNow
from recorder.programs.conducting import (
    ToldPen,
    crew_of,
    due_of,
    journey_of,
    lens_command,
    manners_of,
    notice_for,
    opening_of,
    tell,
    welcome_of,
)
from recorder.programs.hands import bench_hands, device_hands
from recorder.programs.service import BAD_SETTINGS, Watchdog, notify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from config.schema import Effective
    from recorder.capture.conductor.machine import State
    from recorder.capture.conductor.manners import SpokenNotice
    from recorder.capture.ports import Fix, NoFix, Supply

_STEP_SECONDS = 0.02
_CALL_AGAIN_NS = 100_000_000
_LENS = "lens"


class Loop:
    """Everything that the conductor hears, turned into its words, on one thread."""

    def __init__(
        self, config: Effective, args: argparse.Namespace, pins: object | None = None
    ) -> None:
        self._socket_path: Path = args.custody
        self._pen: PacketPen | None = None
        self._call_at_ns = 0
        self._fixes: queue.SimpleQueue[Fix | NoFix] = queue.SimpleQueue()
        self._supplies: queue.SimpleQueue[Supply] = queue.SimpleQueue()
        prompts = load_prompts(*args.prompts, remark=lambda said: tell("log", sentence=said))
        self._notice_for: Callable[[Crew], SpokenNotice] = lambda crew: notice_for(
            crew, config, prompts, args.notice
        )
        self._captions = {prompt.id: prompt.text for prompt in prompts.values()}
        self._opening = opening_of(config)
        self._eye = Eye(lens_command(args), tell)
        if config.unit.kind == "bench":
            self._hands = bench_hands(config, args.desk, self._captions, tell)
        else:
            self._hands = device_hands(config, prompts, self._captions, tell, pins)
        self.off = False
        around = Surroundings(
            now_ns=lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            clock=KernelClock().now,
            due=lambda utc: due_of(config.rules, utc),
            signals=self._hands.signals,
            speaker=self._hands.speaker,
            lens=self._eye.order,
            respawn=self._open_eye,
            power_off=self._power_off,
            bind=self._bind,
            remember=lambda sentence: tell("log", sentence=sentence),
            night=self._hands.night,
        )
        notice = self._notice_for(crew_of(config))
        manners = manners_of(config, notice, self._captions, args.grace_ms, around.now_ns())
        self._conductor = Conductor(around, manners)
        self._hands.buttons.listen(self._conductor.on_edge)
        self._state: State | None = None
        # A lens that cannot live is replaced again and again, and that is getting on: an officer
        # must hear that the camera is gone, and a unit that is killed for it could not say so.
        self._watchdog = Watchdog(lambda said: notify(said, os.environ), around.now_ns, (_LENS,))

    def run(self) -> None:
        """Go on until told to power off."""
        self._open_eye()
        self._hands.gps.listen(self._fixes.put)
        self._hands.power.listen(self._supplies.put)
        while not self.off:
            self._hear_custody()
            self._hear_lens()
            while not self._fixes.empty():
                self._hear_fix(self._fixes.get())
            while not self._supplies.empty():
                self._conductor.on_supply(self._supplies.get())
            if self._hands.look():
                self._conductor.check_again()
            complaint = self._conductor.tick()
            if complaint is not None:
                self._lose_lens(complaint)
            if self._conductor.state is not self._state:
                self._state = self._conductor.state
                tell("state", state=self._state.value, recording=self._conductor.recording)
            self._flush()
            self._watchdog.turn()
            time.sleep(_STEP_SECONDS)
        self._hands.finish()
        self._eye.kill()

    def _power_off(self) -> None:
        self.off = True

    def _open_eye(self) -> None:
        """A lens knows the unit's own settings only."""
        self._eye.open()
        self._name_officers()

    def _bind(self, crew: Crew) -> SpokenNotice:
        opening = replace(self._opening, officer_names=crew.names, officer_numbers=crew.badges)
        self._opening = opening
        if self._pen is not None:
            self._pen.bind(opening)
        self._name_officers()
        tell("officers", number=crew.number, names=crew.names, numbers=crew.badges)
        return self._notice_for(crew)

    def _name_officers(self) -> None:
        bound = zip(self._opening.officer_names, self._opening.officer_numbers, strict=True)
        self._eye.order(words.Officers(who(bound)))

    def _hear_fix(self, fix: Fix | NoFix) -> None:
        tell("fix", **{name: getattr(fix, name) for name in fix.__slots__})
        self._conductor.on_fix(fix)

    def _hear_custody(self) -> None:
        if self._pen is None:
            self._call_custody()
            return
        try:
            while (packet := self._pen.receive()) is not None:
                self._take(packet)
        except LinkLost as lost:
            self._lose_custody(str(lost))

    def _call_custody(self) -> None:
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if now_ns < self._call_at_ns:
            return
        self._call_at_ns = now_ns + _CALL_AGAIN_NS
        try:
            self._pen = PacketPen(self._socket_path, self._opening)
        except LinkLost:
            self._pen = None

    def _lose_custody(self, sentence: str) -> None:
        tell("custody lost", sentence=sentence)
        if self._pen is not None:
            self._pen.let_go()
        self._pen = None
        self._conductor.on_custody_lost(sentence)

    def _flush(self) -> None:
        if self._pen is None:
            return
        try:
            self._pen.flush()
        except LinkLost as lost:
            self._lose_custody(str(lost))

    def _hear_lens(self) -> None:
        try:
            for report in self._eye.reports():
                if not isinstance(report, words.Alive | words.Light):
                    tell("lens says", report=words.encode(report).decode())
                self._watchdog.moved(_LENS)
                self._conductor.on_lens(report)
        except (LinkLost, Malformed) as lost:
            self._lose_lens(str(lost))

    def _lose_lens(self, cause: str) -> None:
        tell("lens lost", sentence=cause)
        self._watchdog.moved(_LENS)
        self._conductor.on_lens_lost(cause)

    def _take(self, packet: packets.Packet) -> None:
        match packet:
            case packets.Welcome():
                tell(
                    "welcome",
                    origin=packet.origin,
                    run=packet.run,
                    fit=packet.fit,
                    because=packet.because,
                )
                if self._pen is not None:
                    self._conductor.on_welcome(ToldPen(self._pen), welcome_of(packet))
            case packets.Opened(recording, segment):
                tell("opened", recording=recording, segment=segment)
                self._conductor.on_opened(recording)
            case packets.Sealed():
                tell(
                    "sealed",
                    recording=packet.recording,
                    segment=packet.segment,
                    ending=packet.ending,
                    bytes=packet.bytes,
                )
            case packets.Closed(recording, seq):
                tell("closed", recording=recording, seq=seq)
                self._conductor.on_closed()
            case packets.Full(minutes_left):
                tell("full", minutes_left=minutes_left)
                self._conductor.on_storage(minutes_left)
            case packets.Journey():
                self._conductor.on_journey(journey_of(packet))
            case packets.Fault(sentence, asked):
                tell("fault", asked=asked, sentence=sentence)
                self._conductor.on_refused(asked, sentence)
            case _:
                self._take_order(packet)

    def _take_order(self, packet: packets.Packet) -> None:
        match packet:
            case Assign(number, officers):
                self._conductor.muster.order(Crew(number, officers.names, officers.numbers))
            case CheckNow(number):
                tell("check ordered", number=number)
                self._conductor.muster.order_check()
            case _:
                tell("log", sentence=f"custody said {type(packet).__name__}, not expected here")


def main(argv: Sequence[str] | None = None, pins: object | None = None) -> int:
    """Conduct until power off; on a unit of kind device through `pins`, if not the machine's."""
    parser = argparse.ArgumentParser(prog="conductor", description=__doc__)
    for name in ("rules", "fleet", "unit", "custody", "desk"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument(
        "--prompts", type=Path, nargs="+", required=True, help="what all say, what this one says"
    )
    parser.add_argument(
        "--off", type=Path, help="a file laid down when the unit is to be powered off"
    )
    parser.add_argument("--notice", required=True, help="id of the notice's clip")
    parser.add_argument("--grace-ms", type=int, default=5_000)
    args = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        loop = Loop(load.load(args.rules, args.fleet, args.unit), args, pins)
        loop.run()
    except ConfigRefused as refused:
        print(f"conductor: {refused}", file=sys.stderr)
        return BAD_SETTINGS
    except (PromptsUnreadable, DeviceLost, OSError) as problem:
        print(f"conductor: {problem}", file=sys.stderr)
        return 1
    if args.off is not None:
        args.off.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
