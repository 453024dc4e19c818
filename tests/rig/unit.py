"""A whole unit of kind `device` on the rigs: conductor, lens and custody as they run on a unit.

What is real: the three processes, picamera2, PyAudio, gpiozero, a tty, the socket, the spool, every
signature. What stands in: the sensor, the sound card, the pins, the receiver; each fails on order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from recorder.evidence.record import Segment
from tests.custody.judge import clear_of
from tests.custody.process import command, config_text, written
from tests.custody.rig import Rig as CustodyRig
from tests.rig.gps.receiver import Receiver
from tests.rig.interpreter import rig_interpreter
from tests.rig.remote import pass_seconds
from tests.rig.rooms import PROMPTS, built_rig, camera_and_sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from recorder.capture.ports import Picture
    from recorder.evidence.record import Record
    from tests.rig.clock import WallClock

Body = TypeVar("Body")
HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[0] / "config" / "samples"
NOTICE = "notice.baofeng"
_SAMPLE_AGENCY, _AGENCY = 'name = "南山县水务局"', 'name = "宝丰县民政局"'
_SAMPLE_WORDS = "{agency}执法人员{officers}，本次执法全程录音录像。"
_WORDS = (
    "您好，我们是{agency}执法人员{officers}，为保护您的合法权益，监督我们的执法行为，"
    "本次执法全程录音录像。"
)
"""A unit speaks a clip only if it says what agency, officers and rules want said."""
RECORD_PIN, MARK_PIN = 17, 27
GRACE_MS = 1_500
_MS = 1_000_000


def boottime_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _MS


@dataclass(frozen=True, slots=True)
class Said:
    """One JSON line of the conductor, and when it was read (CLOCK_BOOTTIME)."""

    event: str
    facts: dict[str, object]
    at_ms: int


class RigUnit:
    """Started by the constructor, ready when `until_ready` returns; `close` ends everything."""

    def __init__(
        self,
        folder: Path,
        need: Callable[[str], Path],
        picture: Picture,
        segment_seconds: int = 60,
        *,
        clock: WallClock | None = None,
        unit: Mapping[str, str] | None = None,
        rules: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` needs a short path: a socket lies in it. All three processes go by `clock`.

        `unit` and `rules` are words of the samples that are replaced by others.
        """
        self.folder = folder
        self.said: list[Said] = []
        self.log = folder / "capture.log"
        self._ends = ExitStack()
        try:
            self._changes = {"unit": dict(unit or {}), "rules": dict(rules or {})}
            self.clock = clock
            self._clocked = clock.around if clock is not None else dict[str, str]
            self._begin(need, picture, segment_seconds)
        except BaseException:
            self._ends.close()
            raise

    # --- what an officer, a fault or a rival does ---

    def press(self, pin: int = RECORD_PIN) -> int:
        """Press and let go; when, in CLOCK_BOOTTIME milliseconds."""
        at_ms = boottime_ms()
        self.move(f"{pin} 0")
        pass_seconds(0.1)
        self.move(f"{pin} 1")
        return at_ms

    def move(self, words: str) -> None:
        """Let a pin go through levels (tests/rig/conductor_child.py)."""
        assert self._conductor.stdin is not None
        self._conductor.stdin.write(f"{words}\n".encode())
        self._conductor.stdin.flush()

    def camera_fault(self, words: str) -> None:
        self.world.control.write_text(words)

    def kill_lens(self) -> int:
        """SIGKILL the lens that films now; when, in CLOCK_BOOTTIME milliseconds."""
        pid = self.newest("lens").facts["pid"]
        assert isinstance(pid, int)
        at_ms = boottime_ms()
        os.kill(pid, signal.SIGKILL)
        return at_ms

    def beep(self) -> None:
        """From now on the room beeps at each second of the wall clock, when the camera flashes."""
        environment = {**self.world.environment, "PULSE_SINK": "air"}
        del environment["LD_PRELOAD"]
        beeper = subprocess.Popen(
            [str(self._python), str(HERE / "sound" / "beeper.py")],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._ends.callback(_end, beeper)
        assert beeper.stdout is not None
        with beeper.stdout as told:
            assert told.readline() == b"beeping\n"

    def bare_start_ms(self) -> int:
        """How long a Python takes to begin and load what a lens loads, beside all this."""
        loads = "import recorder.programs.lens, recorder.devices.picamera"
        began_ms = boottime_ms()
        subprocess.run(
            [str(self._python), "-I", "-c", loads], env=self.world.environment, check=True
        )
        return boottime_ms() - began_ms

    def record(self) -> None:
        """Press, and return when custody has opened."""
        self.press()
        self.until("opened")

    def stop(self) -> None:
        """Hold until it stops, as a hand does, and return when the last segment is sealed."""
        since_ms = boottime_ms()
        self.move(f"{RECORD_PIN} 0")
        self.until("state", since_ms, state="closing")
        self.move(f"{RECORD_PIN} 1")
        self.until("closed", since_ms, patience_seconds=20)

    # --- what it says ---

    def newest(self, event: str) -> Said:
        return [said for said in list(self.said) if said.event == event][-1]

    def all(self, event: str) -> list[Said]:
        return [said for said in list(self.said) if said.event == event]

    def until(
        self, event: str, since_ms: int = 0, patience_seconds: float = 15, **facts: object
    ) -> Said:
        """Wait for something that was said since then with these facts among its own."""
        began = time.monotonic()
        while True:
            for said in self.all(event):
                if said.at_ms >= since_ms and facts.items() <= said.facts.items():
                    return said
            assert self._conductor.poll() is None, self.log.read_text()
            assert time.monotonic() - began < patience_seconds, f"no {event} {facts}: {self.said}"
            pass_seconds(0.02)

    def until_ready(self) -> None:
        self.until("state", state="ready", patience_seconds=30)

    # --- what it leaves ---

    def records(self) -> list[Record]:
        return self.house.records()

    def of(self, kind: type[Body]) -> list[Body]:
        return [record.body for record in self.records() if isinstance(record.body, kind)]

    def each_film(self) -> Iterator[tuple[bytes, Segment]]:
        """Give each segment's film in the clear; it is what was sealed, or this fails."""
        for segment in self.of(Segment):
            yield clear_of(self.house, segment.media), segment

    def sidecars(self) -> list[bytes]:
        return [clear_of(self.house, segment.side) for segment in self.of(Segment)]

    def close(self) -> None:
        """End everything, the conductor first; harmless when done already."""
        self._ends.close()

    # --- how it is made ---

    def _begin(self, need: Callable[[str], Path], picture: Picture, segment_seconds: int) -> None:
        ends = self._ends
        self.world = camera_and_sound(self.folder, need)
        ends.callback(self.world.close)
        self.receiver = Receiver()
        ends.callback(self.receiver.close)
        self.house = CustodyRig(self.folder)
        ends.callback(self.house.clear_away)
        self._custody = self._start_custody()
        ends.callback(_end, self._custody)
        self._python = rig_interpreter(self.folder / "python", built_rig())
        with self.log.open("wb") as log:
            self._conductor = subprocess.Popen(
                [str(self._python), "-I", str(HERE / "conductor_child.py"),
                 *self._settings(picture, segment_seconds)],
                env=self._clocked(self.world.environment), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, cwd=self.folder,
            )  # fmt: skip
        reader = threading.Thread(target=self._read, name="conductor's words", daemon=True)
        ends.callback(reader.join)
        ends.callback(_end, self._conductor)
        reader.start()

    def _start_custody(self) -> subprocess.Popen[bytes]:
        config = written(self.house, config_text(self.house, sync_ms="400"))
        custody = subprocess.Popen(
            command("custody", "--config", config), stdout=subprocess.PIPE,
            env=self._clocked(os.environ),
        )  # fmt: skip
        assert custody.stdout is not None
        with custody.stdout as told:
            assert b"ready" in told.readline()
        return custody

    def _settings(self, picture: Picture, segment_seconds: int) -> list[str]:
        changes = {
            "width = 1920": f"width = {picture.width}",
            "height = 1080": f"height = {picture.height}",
            "rate_hz = 30": f"rate_hz = {picture.rate_hz}",
            "bits_per_second = 8_000_000": f"bits_per_second = {picture.bits_per_second}",
            "\nsegment_seconds = 60": f"\nsegment_seconds = {segment_seconds}",
            "live_segment_seconds = 10": "live_segment_seconds = 5",
            "/dev/ttyAMA0": str(self.receiver.path),
        }
        unit = self._layer("unit", changes | self._changes["unit"])
        rules = self._layer("rules", {_SAMPLE_WORDS: _WORDS} | self._changes["rules"])
        fleet = self._layer("fleet", {_SAMPLE_AGENCY: _AGENCY})
        return [
            f"--rules={rules}", f"--fleet={fleet}",
            f"--unit={unit}", f"--prompts={PROMPTS}", f"--notice={NOTICE}",
            f"--custody={self.house.settings.socket}", f"--desk={self.folder / 'desk.sock'}",
            f"--grace-ms={GRACE_MS}",
        ]  # fmt: skip

    def _layer(self, name: str, changes: Mapping[str, str]) -> Path:
        text = (SAMPLES / f"{name}.toml").read_text(encoding="utf-8")
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        layer = self.folder / f"{name}.toml"
        layer.write_text(text, encoding="utf-8")
        return layer

    def _read(self) -> None:
        assert self._conductor.stdout is not None
        with self._conductor.stdout as lines:
            for line in lines:
                facts = json.loads(line)
                self.said.append(Said(facts.pop("event"), facts, boottime_ms()))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()
