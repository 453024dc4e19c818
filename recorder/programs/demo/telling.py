"""The steps of docs/demo.md, one function each; each says what it saw or FellShort."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.programs.demo.household import FellShort, Household, Told
from recorder.programs.demo.outcome import check_clear_films, losses, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.programs.demo.founding import Founded
    from recorder.programs.demo.page import Page
    from recorder.programs.demo.places import Places

_MS = 1_000_000
_ANSWER_LIMIT_MS = 150
_CHANGED_AT = 0.55
"""Where in the film one byte is changed: a little behind its middle."""


@dataclass(slots=True)
class Telling:
    """One telling: its processes, and what later steps need of earlier ones."""

    places: Places
    founded: Founded
    house: Household
    show: Callable[..., None]
    page: Page | None
    by_hand: bool
    killed_ms: dict[str, int] = field(default_factory=dict)
    recordings: list[int] = field(default_factory=list)
    lens_pid: int = 0

    # -- before going out ---------------------------------------------------------------------

    def dock_once(self) -> str:
        """The station runs, the unit is switched on and sees the station's head."""
        self.house.start("station", *self.founded.station)
        serving = self.house.until("the station", _is("Serving"), 20)
        self.house.start("custody", *self.founded.custody)
        self.house.until("custody", _is("ready"), 15)
        self.house.start("courier", *self.founded.courier)
        home = self.house.until("the station's head", _is("AnchorHandedIn", "ArchiveFull"), 20)
        if home.event == "ArchiveFull":
            raise FellShort(str(home.facts.get("sentence")))
        self.house.wait("courier", 20)
        return f"broker {serving.facts.get('broker')}; the station's cosigned head is in the log"

    def self_check(self) -> str:
        """Conductor and lens start and look at everything."""
        self.house.start("conductor", *self.founded.conductor)
        self.lens_pid = self.house.until("the lens", _is("lens"), 20).number("pid")
        welcome = self.house.until("custody's answer", _is("welcome"), 20)
        if not welcome.facts.get("fit"):
            raise FellShort(f"the unit cannot record: {welcome.facts.get('because')}")
        checked = self.house.until("the self-check", _lens("checked"), 20)
        self.house.until("a unit that is ready", _state("ready"), 10)
        seen = json.loads(str(checked.facts["report"]))
        officers = "、".join(officer.name for officer in self.founded.config.unit.officers)
        return (
            f"{seen['frames']} pictures and {seen['samples']} samples in three seconds, "
            f"peak {seen['level']}; officers {officers}"
        )

    # -- out there ----------------------------------------------------------------------------

    def press(self) -> str:
        """One press: felt at once, filming from the press on."""
        if self.by_hand:
            self.show("caption", text="请按下按钮 · press the button")
            down_ns = self.house.until("your press", _is("felt"), 600).boottime_ns
            felt_ms = 0
        else:
            down_ns = self._button(pressed=True)
            felt = self.house.until("the vibration", _is("felt"), 5)
            felt_ms = (felt.boottime_ns - down_ns) // _MS
            time.sleep(0.1)
            self._button(pressed=False)
        opened = self.house.until("an open recording", _is("opened"), 10)
        self.recordings.append(opened.number("recording"))
        if felt_ms > _ANSWER_LIMIT_MS:
            raise FellShort(f"the press was felt only after {felt_ms} ms")
        opened_ms = (opened.boottime_ns - down_ns) // _MS
        return f"felt after {felt_ms} ms, recording {self.recordings[-1]} open after {opened_ms} ms"

    def notice(self) -> str:
        """The notice is spoken into the recording and found again."""
        sought = self.house.until("the search for the notice", _lens("notice"), 40)
        found = json.loads(str(sought.facts["report"]))
        if not found["heard"]:
            raise FellShort(f"the notice was not heard: {found['score_permille']} of 1000")
        return f"heard, {found['score_permille']} of 1000"

    def mark(self) -> str:
        """A press while recording."""
        if not self.by_hand:
            self._tap()
        self.house.until("a mark", lambda told: told.facts.get("clip") == "mark", 120)
        return "marked"

    def kill_capture(self) -> str:
        """Conductor and lens are killed in the middle; what supervises them starts them anew."""
        time.sleep(2)
        self.killed_ms["capture"] = self.house.kill("conductor", self.lens_pid) // _MS
        self.house.forget_what_was_told()
        self.house.end("conductor")
        self.house.start("conductor", *self.founded.conductor)
        opened = self.house.until("a resumed recording", _is("opened"), 20)
        self.recordings.append(opened.number("recording"))
        down_ms = opened.boottime_ns // _MS - self.killed_ms["capture"]
        self.house.until("the first picture's gap", _is_gap_told, 20)
        time.sleep(4)
        return (
            f"recording {self.recordings[-1]} continues {self.recordings[-2]} "
            f"{down_ms} ms after SIGKILL, and asks why"
        )

    def kill_custody(self) -> str:
        """Who holds the pen is killed; the lens holds what was not durable."""
        self.killed_ms["custody"] = self.house.kill("custody") // _MS
        self.house.forget_what_was_told()
        self.house.end("custody")
        self.house.start("custody", *self.founded.custody)
        opened = self.house.until("a resumed recording", _is("opened"), 20)
        self.recordings.append(opened.number("recording"))
        down_ms = opened.boottime_ns // _MS - self.killed_ms["custody"]
        time.sleep(4)
        return f"recovered, and recording {self.recordings[-1]} open after {down_ms} ms"

    def stop(self) -> str:
        """Mark once more, hold two seconds."""
        if self.by_hand:
            self.show("caption", text="按住按钮两秒停止 · hold the button to stop")
        else:
            self._tap()
            time.sleep(1)
            self._button(pressed=True)
            time.sleep(2.2)
            self._button(pressed=False)
        closed = self.house.until("the last seal", _is("closed"), 600 if self.by_hand else 20)
        return f"recording {closed.number('recording')} ends with record {closed.number('seq')}"

    # -- at the dock --------------------------------------------------------------------------

    def dock(self) -> str:
        """Everything goes home; the station answers with receipts."""
        before = self._spool_bytes()
        self.house.start("courier", *self.founded.courier)
        self.house.wait("courier", 70)
        receipts = sorted((self.places.spool / "receipts").glob("*.tlog-proof"))
        if not receipts:
            raise FellShort(f"no receipt was filed; see {self.places.logs}")
        return f"{before / 1e6:.1f} MB home, {len(receipts)} receipts checked and filed"

    def release(self) -> str:
        """Only what has a receipt, and no mark, may go."""
        before = {path.name for path in (self.places.spool / "media").iterdir()}
        self.house.start("release", *self.founded.release)
        self.house.wait("release", 30)
        after = {path.name for path in (self.places.spool / "media").iterdir()}
        marked = {f"{number:06d}" for number in (self.recordings[0], self.recordings[-1])}
        gone = before - after
        if not gone or any(name[:6] in marked for name in gone):
            raise FellShort(f"gone: {sorted(gone)}, though {sorted(marked)} are marked")
        return f"{len(gone)} files freed against receipts; {len(after)} marked ones stay"

    # -- afterwards ---------------------------------------------------------------------------

    def export(self) -> str:
        """The station writes the package and clear films."""
        self.house.start(
            "package", *self.founded.station, "package", self._unit(),
            "--out", str(self.places.package), "--clear", str(self.places.clear),
        )  # fmt: skip
        self.house.wait("package", 60)
        check_clear_films(self.places)
        cost = losses(self.places, self.recordings, self.killed_ms)
        films = sorted(self.places.clear.glob("*.mp4"))
        if self.page is not None:
            self.page.films({film.name: film for film in films})
        lost = ", ".join(f"{who} {lost_ms} ms" for who, lost_ms in cost.items())
        return f"{len(films)} films; lost at SIGKILL: {lost}"

    def verify(self) -> str:
        """The honest package passes."""
        code, text = verdict(self.places, self.places.package)
        self.show(
            "verdict",
            changed=False,
            exit=code,
            text=text,
            command="shilu verify package --trust trust.toml --key station.agekey",
        )
        if code != 0:
            raise FellShort(f"the honest package got exit code {code}:\n{text}")
        return f"exit code 0\n{_indented(text)}"

    def change_one_byte(self) -> str:
        """One bit of one film is turned; the same command says where."""
        shutil.copytree(self.places.package, self.places.changed)
        film = max(
            (self.places.changed / "data/unit/media").glob("*.mp4.age"),
            key=lambda path: path.stat().st_size,
        )
        with film.open("r+b") as bytes_of_film:
            at = int(film.stat().st_size * _CHANGED_AT)
            bytes_of_film.seek(at)
            byte = bytes_of_film.read(1)[0]
            bytes_of_film.seek(at)
            bytes_of_film.write(bytes([byte ^ 1]))
        code, text = verdict(self.places, self.places.changed)
        self.show(
            "verdict",
            changed=True,
            exit=code,
            text=text,
            command="shilu verify changed --trust trust.toml --key station.agekey",
        )
        if code != 2 or film.name not in text:
            raise FellShort(f"the changed package got exit code {code}:\n{text}")
        return f"bit 0 of byte {at} of {film.name} turned: exit code 2\n{_indented(text)}"

    # -- small things -------------------------------------------------------------------------

    def _unit(self) -> str:
        return self.founded.config.unit.number

    def _button(self, *, pressed: bool) -> int:
        at_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        press(self.places, json.dumps({"button": "record", "pressed": pressed}).encode())
        return at_ns

    def _tap(self) -> None:
        self._button(pressed=True)
        time.sleep(0.1)
        self._button(pressed=False)

    def _spool_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.places.spool.rglob("*") if path.is_file())


def press(places: Places, wish: bytes) -> None:
    """Move a button of the bench unit; a unit that is not there does not mind."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as finger, contextlib.suppress(OSError):
        finger.sendto(wish, str(places.desk_socket))


def _is(*events: str) -> Callable[[Told], bool]:
    return lambda told: told.event in events


def _state(state: str) -> Callable[[Told], bool]:
    return lambda told: told.event == "state" and told.facts.get("state") == state


def _lens(word: str) -> Callable[[Told], bool]:
    return lambda told: (
        told.event == "lens says" and f'"type":"{word}"' in str(told.facts.get("report"))
    )


def _is_gap_told(told: Told) -> bool:
    return told.event == "gap"


def _indented(text: str) -> str:
    return "\n".join(f"        │ {line}" for line in text.rstrip().splitlines())
