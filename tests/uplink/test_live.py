"""Live: a segment is home, with its receipt, while its recording goes on; and the lamp is told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.causes import StartCause, StopCause
from recorder.evidence.record import PictureSize, SoundRate
from recorder.handover import packets as p
from recorder.handover.codec import keep_packets
from recorder.handover.connection import Link
from tests.uplink.fleet import Program
from tests.uplink.test_custody import Bench, heard
from tests.verify.film import fragment, opening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    config = str(made.station / "station.toml")
    station = Program("uplink.programs.station", ["--config", config]).start()
    station.named("Serving")
    yield made
    assert station.stop()[0] == 0


class Filming:
    """Conductor and lens of a recording that goes on."""

    def __init__(self, bench: Bench) -> None:
        self.conductor, self.lens = (Link.connect(bench.folder / "custody.sock") for _ in range(2))
        self.conductor.send(p.Hello(p.Role.CONDUCTOR))
        self.lens.send(p.Hello(p.Role.LENS))
        heard(self.lens, p.Welcome)
        self.conductor.send(
            p.Open(
                cause=StartCause.BUTTON,
                continues=0,
                officers=p.BoundOfficers(("张三",), ("110023",)),
                rules_sha256="ab" * 32,
                pre_record_ms=0,
                picture=PictureSize(1280, 720, 30),
                sound=SoundRate(48_000),
            )
        )
        heard(self.conductor, p.Opened)
        self._kept = 0

    def segment(self) -> None:
        """Film two seconds into a file of their own; the one before is sealed."""
        pieces = [(opening(), True), *((fragment(n, os.urandom(9000)), False) for n in range(4))]
        for media, opens in pieces:
            first_ns = 1 + self._kept * 500_000_000
            stamps = p.Stamps(first_ns, first_ns + 466_000_000, 0 if opens else 15, 0)
            for keep in keep_packets(media, stamps, opens=opens, key=not opens):
                self.lens.send(keep)
            while heard(self.lens, p.Kept).pieces <= self._kept:
                pass
            self._kept += 1

    def stop(self) -> None:
        self.lens.send(p.End())
        self.conductor.send(p.Close(StopCause.BUTTON))
        heard(self.conductor, p.Closed)
        self.conductor.close()
        self.lens.close()


def test_the_first_receipt_comes_while_recording_goes_on(bench: Bench) -> None:
    settings = bench.folder / "courier.toml"
    text = settings.read_text().replace("[broker]", "live = true\n[broker]")
    settings.write_text(text)
    custody = bench.custody()
    filming = Filming(bench)
    courier = Program("uplink.programs.courier", ["--config", str(settings)]).start()
    courier.named("Docked")
    filming.segment()
    filming.segment()
    receipt = courier.await_event(lambda one: bool(one.get("files")) and "seq" in one)
    assert "media/000001-0001.mp4.age" in str(receipt["files"])
    while heard(filming.conductor, p.Journey).dock is not p.Dock.DONE:
        pass
    filming.stop()
    courier.await_event(lambda one: "media/000001-0002.mp4.age" in str(one.get("files")))
    told = [one for one in courier.events if one["event"] == "ReceiptHandedIn"]
    firsts = [one for one in told if "media/000001-0001.mp4.age" in str(one["files"])]
    assert len(firsts) == 1
    assert courier.stop()[0] == 0
    custody.terminate()
    assert custody.wait(10) == 0
    assert custody.stdout is not None
    custody.stdout.close()
