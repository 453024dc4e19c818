"""With the real custody process: it records, is killed, and what it sealed comes home."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from config.provision.request import new_courier_key
from recorder.custody.keys import FileSigner
from recorder.evidence.causes import StartCause, StopCause
from recorder.evidence.record import PictureSize, SoundRate
from recorder.evidence.trust import parse_trust
from recorder.handover import packets as p
from recorder.handover.codec import keep_packets
from recorder.handover.connection import Link
from recorder.programs import verify
from tests.uplink.fleet import AGENCY, Program, asked, free_port, run
from tests.verify.film import fragment, opening
from uplink.station.settings import read_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
Kind = TypeVar("Kind")
UNIT = "BF-0031"
FRAGMENT_BYTES = 150_000


def heard(link: Link, kind: type[Kind]) -> Kind:
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        while selector.select(10):
            packet = link.receive()
            if isinstance(packet, kind):
                return packet
    raise AssertionError(f"custody never said {kind.__name__}")


class Bench:
    """A station, and a unit whose custody is the real process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.station = folder / "station"
        port = free_port()
        founded = run(
            "uplink.programs.station",
            *("init", str(self.station), "--agency", AGENCY, "--port", str(port)),
            "--not-immutable",
        )
        assert founded == (0, "")
        self.config = folder / "custody.toml"
        self.config.write_text(self._custody_text())
        assert run("recorder.programs.custody", "--config", str(self.config), "--init")[0] == 0
        (folder / "papers").mkdir()
        (folder / "papers" / "tls.key").write_bytes(courier := new_courier_key())
        csr = folder / f"{UNIT}.csr"
        identity = FileSigner.load(folder / "keys" / "identity.pem").private
        csr.write_bytes(asked(identity, UNIT, courier))
        enrolled = run(
            "uplink.programs.station",
            *("enrol", str(self.station), UNIT, "--csr", str(csr), "--out", str(folder / "papers")),
        )
        assert enrolled == (0, "")
        chain = folder / "spool" / "identity" / "chain.pem"
        chain.parent.mkdir(exist_ok=True)
        chain.write_bytes((folder / "papers" / "chain.pem").read_bytes())
        (folder / "courier.toml").write_text(
            f'version = 1\nagency = "{AGENCY}"\nunit = "{UNIT}"\nspool = "spool"\n'
            'outbox = "outbox.sqlite"\ncustody_socket = "custody.sock"\n'
            f'[broker]\nhost = "127.0.0.1"\nport = {port}\nca = "papers/ca.pem"\n'
            'certificate = "papers/tls.pem"\nkey = "papers/tls.key"\n'
        )

    def _custody_text(self) -> str:
        policy = parse_trust((self.station / "trust.toml").read_text()).policy
        keys = [read_identity(self.station / f"{one}.agekey") for one in ("station", "recovery")]
        recipients = json.dumps([one.recipient().text() for one in keys])
        witnesses = json.dumps([one.text() for one in policy.witnesses])
        places = "".join(
            f'{key} = "{self.folder / name}"\n'
            for key, name in (
                ("spool", "spool"),
                ("keys", "keys"),
                ("state", "state"),
                ("socket", "custody.sock"),
            )
        )
        return (
            f'agency = "{AGENCY}"\nunit = "{UNIT}"\nunit_kind = "bench"\n{places}'
            f"recipients = {recipients}\nprotect = false\nsync_ms = 50\nfloor_minutes = 0\n"
            f'software = "test"\nsoftware_sha256 = "{"cd" * 32}"\nconfig_sha256 = "{"ef" * 32}"\n'
            f'[station]\nlog_key = "{policy.station.text()}"\nwitnesses = {witnesses}\nquorum = 2\n'
        )

    def custody(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "recorder.programs.custody", "--config", str(self.config)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        return process

    def film(self, fragments: int, *, close: bool) -> None:
        """Record so many half seconds; leave the recording open unless told to close it."""
        conductor, lens = (Link.connect(self.folder / "custody.sock") for _ in range(2))
        conductor.send(p.Hello(p.Role.CONDUCTOR))
        lens.send(p.Hello(p.Role.LENS))
        heard(lens, p.Welcome)
        conductor.send(
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
        heard(conductor, p.Opened)
        pieces = [(opening(), True)]
        pieces += [(fragment(n, os.urandom(FRAGMENT_BYTES)), False) for n in range(fragments)]
        for number, (media, opens) in enumerate(pieces):
            first_ns = 1 + number * 500_000_000
            stamps = p.Stamps(first_ns, first_ns + 466_000_000, 0 if opens else 15, 0)
            for keep in keep_packets(media, stamps, opens=opens, key=not opens):
                lens.send(keep)
            while heard(lens, p.Kept).pieces <= number:
                pass
        if close:
            lens.send(p.End())
            conductor.send(p.Close(StopCause.BUTTON))
            heard(conductor, p.Closed)
        conductor.close()
        lens.close()

    def bring_home(self) -> list[dict[str, object]]:
        arguments = ["--config", str(self.folder / "courier.toml")]
        courier = Program(
            "uplink.programs.courier", [*arguments, "--once", "--limit-seconds", "30"]
        ).start()
        courier.named("Home")
        assert courier.end() == (0, "")
        return courier.events


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    config = str(made.station / "station.toml")
    station = Program("uplink.programs.station", ["--config", config]).start()
    station.named("Serving")
    yield made
    assert station.stop()[0] == 0


def test_what_the_real_custody_sealed_comes_home_and_passes_the_verifier(bench: Bench) -> None:
    custody = bench.custody()
    bench.bring_home()
    bench.film(4, close=True)
    bench.bring_home()
    bench.film(5, close=False)
    custody.send_signal(signal.SIGKILL)
    custody.wait()
    assert custody.stdout is not None
    custody.stdout.close()
    again = bench.custody()
    events = bench.bring_home()
    assert [one for one in events if one["event"] == "NotFiled"] == []
    again.send_signal(signal.SIGTERM)
    assert again.wait(10) == 0
    assert again.stdout is not None
    again.stdout.close()
    package = bench.folder / "package"
    config = str(bench.station / "station.toml")
    packed = run(
        "uplink.programs.station", "--config", config, "package", UNIT, "--out", str(package)
    )
    assert packed == (0, "")
    arguments = [str(package), "--trust", str(bench.station / "trust.toml")]
    arguments += ["--key", str(bench.station / "station.agekey")]
    assert verify.main(arguments) == 0
