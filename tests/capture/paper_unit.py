"""A conductor among stand-ins that only remember: pressed, told things, and looked at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from recorder.capture import lens_words as words
from recorder.capture.conductor.conductor import Conductor
from recorder.capture.conductor.manners import Manners, SpokenNotice, Surroundings
from recorder.capture.conductor.selfcheck import SelfCheckItem, SelfCheckReport
from recorder.capture.conductor.told import Welcome
from recorder.capture.ports import Button, Edge, Fix, Lamp, Supply
from recorder.evidence.moment import ClockSource, Moment, utc_ms, utc_text

if TYPE_CHECKING:
    from recorder.capture.conductor.machine import State
    from recorder.capture.conductor.pen import Entry
    from recorder.capture.conductor.told import Crew

MS = 1_000_000
_START_MS = utc_ms("2026-11-21T10:00:00.000Z")
FIT = Welcome(fit=True, minutes_left=200, clock="ntp")
GOOD_CHECK = words.Checked(frames=75, samples=144_000, level=900)
FIX = Fix(10**12, "2026-11-21T10:00:00.000Z", 338_700_000, 1_130_500_000, 9, 98)
BATTERY = Supply(
    on_mains=False, percent=80, minutes=300, under_voltage=False, throttled=False, degrees=45
)


CHINA = timezone(timedelta(hours=8))
LEFT_200 = "selftest.left+n.3+hours+n.20+minutes.short"


@dataclass
class Paper:
    """A pen that writes down what it is told."""

    told: list[object] = field(default_factory=list)

    def open(self, cause: str, continues: int, pre_record_ms: int) -> None:
        told = ("open", cause, continues)
        self.told.append((*told, pre_record_ms) if pre_record_ms else told)

    def note(self, entry: Entry) -> None:
        self.told.append(entry)

    def close(self, cause: str) -> None:
        self.told.append(("close", cause))


@dataclass
class Unit:
    """A conductor among stand-ins that only remember."""

    now_ns: int = 10**12
    source: ClockSource = ClockSource.NTP
    lamps: list[Lamp] = field(default_factory=list)
    beside: Lamp | None = None
    felt: int = 0
    said: list[str] = field(default_factory=list)  # a sentence each, its clips joined by +
    remind_minutes: int = 0
    begun_ns: int = 0
    orders: list[words.Order] = field(default_factory=list)
    respawned: int = 0
    has_infrared: bool = True
    views: list[str] = field(default_factory=list)
    bound: list[Crew] = field(default_factory=list)
    off: bool = False
    log: list[str] = field(default_factory=list)
    paper: Paper = field(default_factory=Paper)

    def __post_init__(self) -> None:
        around = Surroundings(
            now_ns=lambda: self.now_ns,
            clock=self.clock,
            due=lambda utc: datetime.fromisoformat(utc).astimezone(CHINA) + timedelta(hours=24),
            signals=self,
            speaker=self,
            lens=self.orders.append,
            respawn=self._respawn,
            power_off=self._power_off,
            bind=self._bind,
            remember=self.log.append,
            night=self if self.has_infrared else None,
        )
        manners = Manners(
            SpokenNotice("notice.x", "您好"),
            captions={"mark": "已标记重点。"},
            remind_minutes=self.remind_minutes,
            begun_ns=self.begun_ns,
        )
        self.conductor = Conductor(around, manners)

    def night(self) -> None:
        self.views.append("night")

    def day(self) -> None:
        self.views.append("day")

    def state(self) -> State:
        return self.conductor.state

    def clock(self) -> Moment:
        boottime_ms = self.now_ns // MS
        utc = utc_text(_START_MS + boottime_ms - 10**12 // MS)
        known = self.source is not ClockSource.NONE
        return Moment(boottime_ms, utc if known else "", self.source, 5)

    def show(self, lamp: Lamp, beside: Lamp | None = None) -> None:
        if not self.lamps or self.lamps[-1] is not lamp:
            self.lamps.append(lamp)
        self.beside = beside

    def lamp(self) -> Lamp:
        """What is shown."""
        return self.lamps[-1]

    def feel(self) -> None:
        self.felt += 1

    def say(self, *clips: str) -> None:
        self.said.append("+".join(clips))

    def hush(self) -> None:
        pass

    def _respawn(self) -> None:
        self.respawned += 1

    def _power_off(self) -> None:
        self.off = True

    def _bind(self, crew: Crew) -> SpokenNotice:
        self.bound.append(crew)
        return SpokenNotice("rec.notice", "请告知当事人。")

    def wait_ms(self, ms: int) -> str | None:
        """Let time pass, ticking whenever the conductor asks for it; its complaint, if any."""
        until_ns = self.now_ns + ms * MS
        while self.conductor.due_ns() <= until_ns:
            self.now_ns = max(self.now_ns, self.conductor.due_ns())
            if (complaint := self.conductor.tick()) is not None:
                return complaint
        self.now_ns = until_ns
        return None

    def live_ms(self, ms: int, *, camera: bool = True, microphone: bool = True) -> None:
        """Let time pass with a lens that says it lives, and that its sensors give something."""
        for _ in range(0, ms, 500):
            self.conductor.on_lens(words.Alive(0, 0, 0, 0))
            self.conductor.on_lens(words.Gives(camera, microphone))
            self.wait_ms(min(500, ms))

    def press(self, held_ms: int = 100) -> None:
        self.conductor.on_edge(Edge(Button.RECORD, True, self.now_ns))
        self.live_ms(held_ms)
        self.conductor.on_edge(Edge(Button.RECORD, False, self.now_ns))
        self.live_ms(500)

    def check(self, checked: words.Checked = GOOD_CHECK, own_voice: int = 900) -> None:
        """What the lens says in a self-check."""
        self.conductor.on_lens(words.Alive(0, 960, 0, 0))
        self.conductor.on_lens(words.NoticeSought("ee" * 32, own_voice >= 300, own_voice))
        self.conductor.on_lens(checked)

    def start(self) -> None:
        """Power on, a position, a full battery, a good self-check."""
        self.conductor.on_fix(FIX)
        self.conductor.on_supply(BATTERY)
        self.conductor.on_welcome(self.paper, FIT)
        self.check()
        self.said.clear()

    def battery(self, minutes: int) -> None:
        self.conductor.on_supply(replace(BATTERY, minutes=minutes, percent=minutes // 5))

    def items(self) -> dict[str, SelfCheckItem]:
        """What the newest self-check record states."""
        report = self.notes(SelfCheckReport)[-1]
        assert isinstance(report, SelfCheckReport)
        return {item.item: item for item in report.items}

    def record(self, number: int = 7) -> None:
        self.press()
        self.conductor.on_opened(number)

    def notes(self, kind: type) -> list[object]:
        return [entry for entry in self.paper.told if isinstance(entry, kind)]
