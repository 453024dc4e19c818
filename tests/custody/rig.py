"""A custody of its own in a folder, with a clock that is moved by hand, and its callers.

Everything but the clock and the dice is real: socket, files, keys, signatures.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from recorder.custody.durable import LinuxDisk
from recorder.custody.effects import go_on
from recorder.custody.house import Custody, World
from recorder.custody.keys import IDENTITY_FILE, FileSigner
from recorder.custody.layout import make_layout
from recorder.custody.settings import Settings
from recorder.evidence.age import Identity
from recorder.evidence.command import Command, command_key_name, sign_command
from recorder.evidence.moment import ClockSource, Moment, utc_text
from recorder.evidence.note import COSIGNATURE, ED25519, VerifierKey
from recorder.evidence.receipt import CustodyEntry, FiledFile, LogPolicy, TlogProof
from recorder.evidence.record import (
    PictureSize,
    Record,
    Segment,
    SoundRate,
    StartCause,
    StopCause,
    UnitKind,
    parse_record,
)
from recorder.evidence.sidecar import Officers
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.evidence.words import base64_text, heads_file, log_file
from recorder.handover import packets as p
from recorder.handover.codec import keep_packets
from recorder.handover.committed import committed, files_of
from recorder.handover.connection import Link, listen
from recorder.handover.errors import LinkLost
from tests.verify.film import fragment, opening
from tests.verify.station import Station, certificate, pem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recorder.custody.durable import Disk
    from recorder.custody.effects import Step

Kind = TypeVar("Kind")
CREW = Officers(("王伟", "李娜"), ("110025", "110026"))
AGENCY, NUMBER = "baofeng-mz", "BF-0007"
ORIGIN = f"{AGENCY}.shilu/{NUMBER}"
NOON_MS = 1_795_248_000_000
SYNC_MS = 400
PIECE_MS = 500


@dataclass
class ManualClock:
    """Stands still until it is moved; at 0 it knows no UTC."""

    boottime_ms: int = 100_000
    utc_ms: int = NOON_MS
    source: ClockSource = ClockSource.NTP
    error_ms: int = 40

    def now(self) -> Moment:
        utc = utc_text(self.utc_ms) if self.utc_ms else ""
        return Moment(self.boottime_ms, utc, self.source, self.error_ms)

    def pass_ms(self, duration_ms: int) -> None:
        self.boottime_ms += duration_ms
        self.utc_ms += duration_ms


class Caller:
    """One end of the socket, and all that custody said to it."""

    def __init__(self, rig: Rig, role: p.Role) -> None:
        self._rig = rig
        self.link = Link.connect(rig.settings.socket)
        self.heard: list[p.Packet] = []
        self.lost = False
        rig.callers.append(self)
        self.ask(p.Hello(role))

    def ask(self, *asked: p.Packet) -> p.Packet | None:
        """Send, let custody work, and give the newest thing it said."""
        for packet in asked:
            self.link.send(packet)
            self._rig.turn()
        return self.listen()

    def listen(self) -> p.Packet | None:
        try:
            while (packet := self.link.receive()) is not None:
                self.heard.append(packet)
        except LinkLost:
            self.lost = True
        return self.heard[-1] if self.heard else None

    def go(self) -> None:
        self.link.close()
        self._rig.turn()

    def of(self, kind: type[Kind]) -> list[Kind]:
        self.listen()
        return [packet for packet in self.heard if isinstance(packet, kind)]


@dataclass
class Rig:
    """A unit whose custody can be started, stopped and cut off."""

    folder: Path
    disk: Disk = field(default_factory=LinuxDisk)
    step: Step = go_on
    protect: bool = False
    seed: int = 7
    floor_minutes: int = 0
    clock: ManualClock = field(default_factory=ManualClock)
    station: Station = field(default_factory=Station)
    custody: Custody | None = None
    callers: list[Caller] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        self.identity = Identity.of(bytes(range(32)))
        self.station.pins_commands = True
        self.settings = self._settings()
        if not (self.settings.keys / IDENTITY_FILE).exists():
            make_layout(self.settings, self.world())
            self._enrol()
        self.station.tree.append(leaf_hash(b"the station's first entry"))

    def world(self) -> World:
        return World(self.clock, self.dice.randbytes, self.disk, self.step, "boot-1")

    @classmethod
    def found_again(cls, folder: Path, step: Step = go_on, seed: int = 8) -> Rig:
        """The unit that lies in `folder`, an hour later."""
        rig = cls(folder, step=step, seed=seed)
        rig.clock.pass_ms(3_600_000)
        return rig

    def start(self) -> Rig:
        listener = listen(self.settings.socket)
        try:
            self.custody = Custody(self.settings, listener, self.world())
        except BaseException:
            listener.close()
            raise
        return self

    def cut(self) -> None:
        """End as SIGKILL would: descriptors close, nothing is written."""
        assert self.custody is not None
        self.custody.let_go()
        self.custody = None

    def clear_away(self) -> None:
        """Let go of everything that a test left open."""
        if self.custody is not None:
            self.cut()
        for caller in self.callers:
            caller.link.close()

    def turn(self) -> None:
        assert self.custody is not None
        self.custody.turn(0)  # a new caller is let in,
        self.custody.turn(0)  # and heard

    def pass_ms(self, duration_ms: int) -> None:
        self.clock.pass_ms(duration_ms)
        self.turn()

    # --- callers -------------------------------------------------------------------------------

    def conductor(self) -> Caller:
        return Caller(self, p.Role.CONDUCTOR)

    def lens(self) -> Caller:
        return Caller(self, p.Role.LENS)

    def opening(self, officers: p.BoundOfficers | None = None) -> p.Open:
        return p.Open(
            cause=StartCause.BUTTON,
            continues=0,
            officers=officers or p.BoundOfficers(("张三", "李四"), ("4417", "4418")),
            rules_sha256="ab" * 32,
            pre_record_ms=0,
            picture=PictureSize(1280, 720, 25),
            sound=SoundRate(48_000),
        )

    def open_piece(self) -> list[p.Keep]:
        now_ns = self.clock.boottime_ms * 1_000_000
        return list(keep_packets(opening(), p.Stamps(now_ns, now_ns, 0, 0), opens=True, key=False))

    def piece(self, number: int, media_bytes: int = 20_000, *, key: bool = True) -> list[p.Keep]:
        """Half a second of film; the clock passes it."""
        first_ns = self.clock.boottime_ms * 1_000_000
        self.clock.pass_ms(PIECE_MS)
        media = fragment(number, self.dice.randbytes(media_bytes))
        stamps = p.Stamps(first_ns, first_ns + 480_000_000, 12, 24_000)
        return list(keep_packets(media, stamps, opens=False, key=key))

    def record(
        self,
        pieces: int = 4,
        media_bytes: int = 20_000,
        officers: p.BoundOfficers | None = None,
    ) -> tuple[Caller, Caller]:
        """Open a recording and film so many half seconds; give conductor and lens."""
        conductor, lens = self.conductor(), self.lens()
        conductor.ask(self.opening(officers))
        lens.ask(*self.open_piece())
        self.film(lens, pieces, media_bytes)
        return conductor, lens

    def film(self, lens: Caller, pieces: int, media_bytes: int = 20_000) -> None:
        for number in range(pieces):
            lens.ask(*self.piece(number, media_bytes))

    def stop(self, conductor: Caller, lens: Caller) -> None:
        conductor.ask(p.Close(StopCause.BUTTON))
        lens.ask(p.End())

    # --- what lies there -----------------------------------------------------------------------

    def files(self) -> dict[str, bytes]:
        root = self.settings.spool
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }

    def records(self) -> list[Record]:
        return [parse_record(line) for line in self.lines()]

    def lines(self) -> Iterator[bytes]:
        files = self.files()
        runs = sorted(int(name[4:10]) for name in files if name.endswith(".jsonl"))
        for run in runs:
            heads = files.get(heads_file(run), b"")
            yield from committed(files[log_file(run)], heads).lines

    def newest(self, kind: type[Kind]) -> Kind:
        """Give the body of the newest record, which is of this kind."""
        body = self.records()[-1].body
        assert isinstance(body, kind)
        return body

    def newest_of(self, kind: type[Kind]) -> Kind:
        """Give the newest body of this kind."""
        return [r.body for r in self.records() if isinstance(r.body, kind)][-1]

    def types(self) -> str:
        return " ".join(record.body.TYPE for record in self.records())

    def segments(self) -> list[Segment]:
        return [r.body for r in self.records() if isinstance(r.body, Segment)]

    # --- the station's side --------------------------------------------------------------------

    def receipt(self, *, seen: int, **changes: Any) -> p.ReceiptOffer:  # noqa: ANN401 - of an entry
        """The station took everything in: its receipt, with the way from the head of `seen`."""
        lines = list(self.lines())
        tree = FullTree(leaf_hash(line) for line in lines)
        segments = self.segments()
        named = sorted((f.file, f.sha256) for segment in segments for f in files_of(segment))
        entry = CustodyEntry(
            copies=2,
            files=tuple(FiledFile(*each) for each in named),
            log=ORIGIN,
            root=tree.root().hex(),
            salt="00" * 16,
            size=len(lines),
            station=self.station.origin,
            utc=utc_text(self.clock.utc_ms),
        )
        return self.log_entry(replace(entry, **changes), seen)

    def log_entry(self, entry: CustodyEntry, seen: int) -> p.ReceiptOffer:
        tree, index = self.station.tree, self.station.tree.size
        tree.append(leaf_hash(entry.line()))
        checkpoint = self.station.checkpoint(self.clock.utc_ms // 1000)
        proof = TlogProof(entry.line(), index, tree.inclusion(index, tree.size), checkpoint)
        return p.ReceiptOffer(proof.text().decode(), self.way_from(seen), seen)

    def way_from(self, seen: int) -> tuple[str, ...]:
        tree = self.station.tree
        return tuple(map(base64_text, tree.consistency(seen, tree.size))) if seen else ()

    def order(self, number: int, officers: Officers | None = CREW, **changes: Any) -> str:  # noqa: ANN401 - of a command
        """Give a command of the station, to be taken within the hour."""
        now_ms = self.clock.utc_ms or NOON_MS
        command = Command(
            unit=ORIGIN,
            number=number,
            since=utc_text(now_ms - 1000),
            until=utc_text(now_ms + 3_600_000),
            officers=officers,
            salt=f"{number:032x}",
        )
        return sign_command(replace(command, **changes), self.station.command_key).decode()

    # --- what it is made of --------------------------------------------------------------------

    def _settings(self) -> Settings:
        folder = self.folder
        keys = self.station.witness_keys
        return Settings(
            agency=AGENCY,
            unit=NUMBER,
            unit_kind=UnitKind.BENCH,
            origin=ORIGIN,
            spool=folder / "spool",
            keys=folder / "keys",
            state=folder / "state",
            socket=folder / "custody.sock",
            recipients=(self.identity.recipient(),),
            policy=LogPolicy(
                VerifierKey.of(self.station.origin, ED25519, self.station.log_key.public_key()),
                tuple(
                    VerifierKey.of(name, COSIGNATURE, key.public_key())
                    for name, key in keys.items()
                ),
                2,
            ),
            users=None,
            protect=self.protect,
            sync_ms=SYNC_MS,
            floor_minutes=self.floor_minutes,
            software="test",
            software_sha256="cd" * 32,
            config_sha256="ef" * 32,
            command_key=VerifierKey.of(
                command_key_name(AGENCY), ED25519, self.station.command_key.public_key()
            ),
        )

    def _enrol(self) -> None:
        public = FileSigner.load(self.settings.keys / IDENTITY_FILE).public_key()
        own = certificate(
            self.station.dice,
            public,
            self.station.issuer_key,
            (NUMBER, AGENCY),
            ("issuer", AGENCY),
            authority=False,
            days=20_000,  # real processes have the time of the machine, whatever that is
        )
        chain = self.settings.spool / "identity" / "chain.pem"
        chain.write_text(pem(own) + pem(self.station.issuer), encoding="ascii")
