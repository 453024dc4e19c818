"""From configuration and custody's packets to the conductor's words, and what is told of both."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from config.deadline import Due, due_at
from config.notice import notice_text
from recorder.capture.conductor.gestures import GestureTimes
from recorder.capture.conductor.manners import Manners, SpokenNotice
from recorder.capture.conductor.night import NightTimes
from recorder.capture.conductor.packet_pen import Opening
from recorder.capture.conductor.pen import GapSeen
from recorder.capture.conductor.told import Crew, Dock, Journey, Welcome
from recorder.capture.ports import Picture
from recorder.devices.prompts import notice_clip

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from config.schema import Effective, Rules
    from recorder.capture.conductor.pen import Entry, Pen
    from recorder.devices.prompts import Prompt
    from recorder.handover import packets

_SOUND_HZ = 48_000


def tell(event: str, **facts: object) -> None:
    """Say one thing on standard output."""
    print(json.dumps({"event": event, **facts}, ensure_ascii=False), flush=True)


class ToldPen:
    """The pen, telling each gap and mark that goes into the log."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    def open(self, cause: str, continues: int, pre_record_ms: int) -> None:
        """Open a recording."""
        tell("open", cause=cause, continues=continues, pre_record_ms=pre_record_ms)
        self._pen.open(cause, continues, pre_record_ms)

    def note(self, entry: Entry) -> None:
        """Something for the log or the sidecar."""
        if isinstance(entry, GapSeen):
            tell("gap", **asdict(entry))
        self._pen.note(entry)

    def close(self, cause: str) -> None:
        """End the recording."""
        self._pen.close(cause)


def crew_of(config: Effective) -> Crew:
    """Give the officers that the unit's own settings bind."""
    officers = config.unit.officers
    names = tuple(officer.name for officer in officers)
    return Crew(0, names, tuple(officer.number for officer in officers))


def notice_for(
    crew: Crew, config: Effective, prompts: Mapping[str, Prompt], wanted: str
) -> SpokenNotice:
    """Give the notice as these officers of this agency speak it: by a clip, or themselves."""
    wording = notice_text(config.rules, config.fleet.agency.name, crew.names)
    clip = notice_clip(prompts, wanted, wording)
    return SpokenNotice(clip, prompts[clip].text)


def manners_of(
    config: Effective,
    notice: SpokenNotice,
    captions: Mapping[str, str],
    grace_ms: int,
    begun_ns: int,
) -> Manners:
    """Give this agency's and this unit's manners."""
    gestures, reminder, night = config.unit.gestures, config.unit.reminder, config.unit.night
    return Manners(
        notice=notice,
        captions=dict(captions),
        gestures=GestureTimes(
            gestures.double_press_ms, gestures.stop_hold_ms, gestures.off_hold_ms
        ),
        grace_ms=grace_ms,
        resume_mark_seconds=gestures.resume_mark_seconds,
        remind_minutes=reminder.minutes if reminder.spoken else 0,
        begun_ns=begun_ns,
        night=NightTimes(
            night.dark_lux, night.dark_seconds, night.bright_lux, night.bright_seconds
        ),
    )


def due_of(rules: Rules, utc: str) -> datetime | None:
    """Say until when what was sealed at this UTC must be handed in, by this agency's rules."""
    due = due_at(rules, datetime.fromisoformat(utc), None, "")
    return due.at if isinstance(due, Due) else None


def welcome_of(packet: packets.Welcome) -> Welcome:
    """Give what custody says of itself, in the conductor's words."""
    return Welcome(
        interrupted=packet.interrupted,
        last_ms=packet.last_ms,
        fit=packet.fit,
        because=packet.because,
        minutes_left=packet.minutes_left,
        clock=packet.clock.value,
        ended_by=packet.ended_by,
    )


def journey_of(packet: packets.Journey) -> Journey:
    """Give what the courier says, in the conductor's words."""
    return Journey(Dock(packet.dock.value), packet.segments, packet.oldest, packet.left_minutes)


def opening_of(config: Effective) -> Opening:
    """Give what every recording of this unit states when it begins."""
    size = config.unit.picture
    crew = crew_of(config)
    return Opening(
        crew.names,
        crew.badges,
        config.rules_digest,
        Picture(size.width, size.height, size.rate_hz, size.bits_per_second),
        _SOUND_HZ,
    )


def lens_command(args: argparse.Namespace) -> list[str]:
    """Give the command that starts a lens."""
    command = [sys.executable, "-I", "-m", "recorder.programs.lens"]
    for name in ("rules", "fleet", "unit", "custody"):
        command += [f"--{name}", str(getattr(args, name))]
    return [*command, "--prompts", *map(str, args.prompts)]
