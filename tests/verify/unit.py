"""A whole unit in memory: it records, is cut off, resumes, and keeps its files as §2 names them.

It uses nothing but `recorder.evidence`, and nothing in it is random but what its seed gives.
"""

from __future__ import annotations

import random as dice
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from recorder.evidence.age import Encryptor, Identity, Positions, Recipient, encrypt
from recorder.evidence.causes import KeyStore
from recorder.evidence.command import parse_command
from recorder.evidence.epoch import epoch_body
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.head import Head, sign_head
from recorder.evidence.moment import ClockSource, Moment, utc_text
from recorder.evidence.record import (
    Anchor,
    Body,
    Clear,
    CommandTaken,
    Ending,
    EpochBegins,
    Fragments,
    Gap,
    GapSource,
    InterruptCause,
    Mark,
    MarkKind,
    Notice,
    PictureSize,
    ReceiptFiled,
    Record,
    Release,
    ReleasedFile,
    RunBegins,
    SealedFile,
    SealedMedia,
    Segment,
    Shutdown,
    SoundRate,
    Span,
    Start,
    StartCause,
    Stop,
    StopCause,
    Tail,
    Torn,
    UnitKind,
    encode_record,
)
from recorder.evidence.sidecar import (
    CommandNote,
    Fix,
    Officers,
    SideHeader,
    side_header_line,
    side_line,
)
from recorder.evidence.standing import Standing, sign_standing
from recorder.evidence.tree import Tree, leaf_hash
from recorder.evidence.words import (
    ZERO_DIGEST,
    blocks_of,
    digest,
    heads_file,
    log_file,
    media_file,
    side_file,
    tail_of,
    unit_origin,
)
from tests.verify.film import FRAGMENT_MS, film

if TYPE_CHECKING:
    from collections.abc import Callable

AGENCY = "baofeng-mz"
NOON_MS = 1_795_248_000_000  # 2026-11-21T08:00:00Z, a fixed day
BLOCK_BYTES = 262_144
EPOCH_RECORDS = 64
RATE_HZ = 30
CONFIGURED = Officers(("张三", "李四"), ("110023", "110024"))


class Dice:
    """Bytes from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = dice.Random(seed)  # noqa: S311 - a test that can be repeated

    def __call__(self, count: int) -> bytes:
        return self.rng.randbytes(count)

    def ed25519(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self(32))

    def p256(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(1 + int.from_bytes(self(31)), ec.SECP256R1())


@dataclass(slots=True)
class Clock:
    """Boot time, the truth that nobody on the unit knows, and what the unit claims."""

    boottime_ms: int = 60_000
    true_offset_ms: int = NOON_MS
    wrong_by_ms: int = 0
    source: ClockSource = ClockSource.GPS
    error_ms: int = 50

    def now(self) -> Moment:
        if self.source is ClockSource.NONE:
            return Moment(self.boottime_ms, "", self.source, -1)
        utc = self.boottime_ms + self.true_offset_ms + self.wrong_by_ms
        return Moment(self.boottime_ms, utc_text(utc), self.source, self.error_ms)

    def true_s(self) -> int:
        return (self.boottime_ms + self.true_offset_ms) // 1000


@dataclass(frozen=True, slots=True)
class Soft:
    """An identity key in memory; its signatures are the same each time."""

    private: ec.EllipticCurvePrivateKey
    key_store: KeyStore = KeyStore.FILE

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()

    def sign(self, text: bytes) -> bytes:
        return self.private.sign(text, ec.ECDSA(SHA256(), deterministic_signing=True))


@dataclass(slots=True)
class Life:
    """What a unit keeps in memory only."""

    epoch: int = 0
    key: Ed25519PrivateKey | None = None
    since: int = 0


@dataclass(slots=True)
class Unit:
    """One recorder. `say` writes any record; the others tell whole stories."""

    seed: int = 1
    number: str = "BF-0007"
    agency: str = AGENCY
    fragment_bytes: int = 9000
    clock: Clock = field(default_factory=Clock)
    files: dict[str, bytes] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)
    kernel_boot_id: str = "boot-1"
    run: int = 0
    recording: int = 0
    clean: bool = True
    kind: UnitKind = UnitKind.BENCH
    # Where CLOCK_BOOTTIME begins with each further run; None: it goes on.
    boots_at_ms: int | None = None
    # How far satellites are from the truth; None: they give no time.
    satellites_wrong_ms: int | None = None

    # Who is bound, and the command that ordered it, as custody keeps it.
    officers: Officers = CONFIGURED
    ordered: bytes | None = None
    commands: int = 0

    # What a test wants sealed instead of what the unit would seal.
    seal_as: Callable[[Segment], Segment] | None = None
    # The same for the clear bytes of a sidecar.
    side_as: Callable[[bytes], bytes] | None = None

    random: Dice = field(init=False)
    identity: Soft = field(init=False)
    next_key: Ed25519PrivateKey = field(init=False)
    station_key: Identity = field(init=False)
    life: Life = field(init=False)
    tree: Tree = field(init=False)

    def __post_init__(self) -> None:
        self.random = Dice(self.seed)
        self.identity = Soft(self.random.p256())
        self.next_key = self.random.ed25519()
        self.station_key = Identity.of(Dice(7)(32))
        self.life = Life()
        self.tree = Tree()

    @property
    def origin(self) -> str:
        return unit_origin(self.agency, self.number)

    @property
    def size(self) -> int:
        return len(self.lines)

    # --- the log -------------------------------------------------------------------------------

    def boot(
        self,
        torn_log: bytes = b"",
        torn_heads: bytes = b"",
        vouched_by: Ed25519PrivateKey | None = None,
    ) -> None:
        """Begin a run; `torn` is what the run before left uncommitted."""
        before = self.run
        if before:
            self.files[log_file(before)] += torn_log
            self.files[heads_file(before)] += torn_heads
            if self.boots_at_ms is not None:
                self.clock.true_offset_ms += self.clock.boottime_ms - self.boots_at_ms
                self.clock.boottime_ms = self.boots_at_ms
                self.kernel_boot_id = f"boot-{before + 1}"
        self.run += 1
        self.files[log_file(self.run)] = b""
        self.files[heads_file(self.run)] = b""
        self.turn_epoch(previous=vouched_by)
        self.say(
            RunBegins(
                kernel_boot_id=self.kernel_boot_id,
                unit_kind=self.kind,
                software="0.1.0",
                software_sha256=digest(b"software"),
                config_sha256=digest(b"config"),
                protection=("append", "immutable"),
                clean=self.clean,
                torn=Torn(len(torn_log), digest(torn_log), len(torn_heads), digest(torn_heads)),
            )
        )
        self.clean = False

    def say(self, body: Body) -> int:
        """Write a record and its head; give its number."""
        assert self.life.key is not None
        if self.life.since >= EPOCH_RECORDS and not isinstance(body, EpochBegins):
            self.turn_epoch(previous=self.life.key)
        self.clock.boottime_ms += 7
        record = Record(
            seq=self.size,
            run=self.run,
            epoch=self.life.epoch,
            prev=digest(self.lines[-1]) if self.lines else ZERO_DIGEST,
            salt=self.random(16).hex(),
            at=self.clock.now(),
            origin=self.origin,
            body=body,
        )
        line = encode_record(record)
        self.lines.append(line)
        self.tree.append(leaf_hash(line))
        self.life.since += 1
        head = Head(self.origin, self.size, self.tree.root())
        self.files[log_file(self.run)] += line
        self.files[heads_file(self.run)] += sign_head(head, self.life.key)
        return record.seq

    def turn_epoch(self, previous: Ed25519PrivateKey | None) -> None:
        key, self.next_key = self.next_key, self.random.ed25519()
        self.life = Life(self.life.epoch + 1, key)
        body = epoch_body(
            origin=self.origin,
            epoch=self.life.epoch,
            seq=self.size,
            prev=digest(self.lines[-1]) if self.lines else ZERO_DIGEST,
            key=key,
            next_public=self.next_key.public_key(),
            signer=self.identity,
            previous=previous,
        )
        self.say(body)

    def shut_down(self) -> None:
        self.say(Shutdown("officer"))
        self.clean = True

    # --- recordings ----------------------------------------------------------------------------

    def start(self, cause: StartCause = StartCause.BUTTON, continues: int = 0) -> int:
        self.recording += 1
        self.say(
            Start(
                recording=self.recording,
                cause=cause,
                continues=continues,
                officers=2,
                rules_sha256=digest(b"rules"),
                pre_record_ms=0,
                picture=PictureSize(1920, 1080, RATE_HZ),
                sound=SoundRate(48_000),
            )
        )
        self.say(Notice(self.recording, digest(b"clip"), heard=True, score_permille=870))
        return self.recording

    def record(self, *seconds: float, ending: Ending = Ending.STOP) -> int:
        """One recording with a segment for each of `seconds`; give its number."""
        number = self.start()
        self.go_on(number, 1, *seconds, ending=ending)
        return number

    def go_on(self, number: int, first: int, *seconds: float, ending: Ending = Ending.STOP) -> None:
        """Write the segments from `first` on, and the stop."""
        last = first + len(seconds) - 1
        for segment, length in enumerate(seconds, first):
            how = Ending.TURN if segment < last else ending
            self.segment(number, segment, length, how)
        self.stop(number, last, StopCause.BUTTON)

    def stop(self, number: int, segments: int, cause: StopCause) -> None:
        self.say(Stop(number, cause, segments, segments * RATE_HZ))

    def mark(self, kind: MarkKind | None = None) -> None:
        self.say(Mark(self.recording, self.clock.boottime_ms, kind))

    def gap(self, lost_ms: int) -> None:
        """Lose the camera for a while, and say so."""
        since = self.clock.boottime_ms
        self.clock.boottime_ms += lost_ms
        self.say(
            Gap(self.recording, GapSource.CAMERA, since, self.clock.boottime_ms, -1, "camera lost")
        )

    def segment(self, number: int, segment: int, seconds: float, ending: Ending) -> int:
        """Film, encrypt and seal one segment; give the number of its record."""
        leaves = film(seconds, self.fragment_bytes, self.random)
        clear = b"".join(leaves)
        name = media_file(number, segment)
        span = self._span(seconds)
        sealed = encrypt(clear, self.recipients(), self.random)
        hasher = FragmentHasher()
        hasher.feed(clear)
        count, root = hasher.finish()
        blocks = _blocks(sealed, leaves, span.first_ms)
        self.files[name] = sealed
        self.files[blocks_of(name)] = blocks
        media = SealedMedia(
            file=name,
            length=len(sealed),
            sha256=digest(sealed),
            blocks_sha256=digest(blocks),
            complete=True,
            clear=Clear(len(clear), digest(clear)),
            fragments=Fragments(count, root.hex()),
        )
        cause = InterruptCause.CAPTURE_LOST if ending is Ending.INTERRUPTED else InterruptCause.NONE
        side = self._side(number, segment, span)
        return self._seal(Segment(number, segment, ending, cause, media, side, span))

    def _seal(self, seal: Segment) -> int:
        return self.say(self.seal_as(seal) if self.seal_as else seal)

    def _span(self, seconds: float) -> Span:
        first_ms = self.clock.boottime_ms
        self.clock.boottime_ms += int(seconds * 1000)
        frames = int(seconds * RATE_HZ)
        return Span(first_ms, self.clock.boottime_ms - 33, frames, frames * 1600)

    def _side_clear(self, number: int, segment: int, span: Span) -> bytes:
        clear = b"".join(
            (
                side_header_line(SideHeader(self.origin, number, segment)),
                side_line(self.officers, span.first_ms),
                *(side_line(note, span.first_ms) for note in self._command_notes()),
                side_line(self._fix(span.first_ms), span.first_ms),
            )
        )
        return self.side_as(clear) if self.side_as else clear

    def _command_notes(self) -> tuple[CommandNote, ...]:
        return () if self.ordered is None else (CommandNote(self.ordered.decode()),)

    def _fix(self, boottime_ms: int) -> Fix:
        utc = ""
        if self.satellites_wrong_ms is not None:
            utc = utc_text(boottime_ms + self.clock.true_offset_ms + self.satellites_wrong_ms)
        return Fix(utc, 339_000_000, 1_130_000_000, 9, 90)

    def _side(self, number: int, segment: int, span: Span) -> SealedFile:
        clear = self._side_clear(number, segment, span)
        sealed = encrypt(clear, self.recipients(), self.random)
        name = side_file(number, segment)
        self.files[name] = sealed
        return SealedFile(name, len(sealed), digest(sealed), True, Clear(len(clear), digest(clear)))

    def recipients(self) -> list[Recipient]:
        return [self.station_key.recipient(), Identity.of(self.recovery_secret()).recipient()]

    def recovery_secret(self) -> bytes:
        return Dice(8)(32)

    def obey(self, note: bytes) -> int:
        """Take a command as custody does: the record first, then what it orders."""
        signed = parse_command(note)
        self.commands = signed.command.number
        seq = self.say(CommandTaken(signed.command.number, signed.command.what, signed.sha256))
        if signed.command.officers is not None:
            self.officers, self.ordered = signed.command.officers, note
        return seq

    # --- cut off -------------------------------------------------------------------------------

    def power_cut(
        self,
        number: int,
        segment: int,
        seconds: float,
        *,
        unsynced: float = 0.5,
        synced: bool = True,
        torn_log: bytes = b"",
        torn_heads: bytes = b"",
        torn_film: bytes = b"",
    ) -> None:
        """Lose power in the middle of a segment, start again, and seal it as it stood.

        `torn_film` is what the disk shows behind what was written.
        """
        leaves = film(seconds, self.fragment_bytes, self.random)
        clear = b"".join(leaves)
        span = self._span(seconds) if synced else Span(0, 0, 0, 0)
        media_out, side_out = self._encryptor(), self._encryptor()
        media_bytes = media_out.header + media_out.update(clear if synced else b"")
        side_clear = self._side_clear(number, segment, span) if synced else b""
        side_bytes = side_out.header + side_out.update(side_clear)
        standing_note, media_tail, side_tail, standing = None, None, None, None
        if synced:
            hasher = FragmentHasher()
            hasher.feed(clear)
            count, root = hasher.so_far()
            media_tail = self._tail(tail_of(media_file(number, segment)), media_out)
            side_tail = self._tail(tail_of(side_file(number, segment)), side_out)
            standing = Standing(
                number,
                segment,
                SealedMedia(
                    file=media_file(number, segment),
                    length=len(media_bytes),
                    sha256=digest(media_bytes),
                    blocks_sha256=None,
                    complete=False,
                    clear=Clear(len(clear), digest(clear)),
                    fragments=Fragments(count, root.hex()),
                    tail=media_tail,
                ),
                SealedFile(
                    side_file(number, segment),
                    len(side_bytes),
                    digest(side_bytes),
                    False,
                    Clear(len(side_clear), digest(side_clear)),
                    side_tail,
                ),
                span,
            )
            assert self.life.key is not None
            standing_note = sign_standing(
                self.origin, self.life.epoch, standing, self.life.key
            ).decode()
        media_bytes += media_out.update(self.random(int(unsynced * 2 * self.fragment_bytes)))
        media_bytes += torn_film
        self.clean = False
        self.boot(torn_log, torn_heads)
        self._seal_cut(
            (number, segment), (media_bytes, side_bytes), leaves, standing, standing_note
        )

    def _encryptor(self) -> Encryptor:
        return Encryptor(self.recipients(), self.random)

    def _tail(self, name: str, out: Encryptor) -> Tail:
        sealed = encrypt(out.pending(), self.recipients(), self.random)
        self.files[name] = sealed
        return Tail(name, len(sealed), digest(sealed), out.offset)

    def _seal_cut(
        self,
        which: tuple[int, int],
        lying: tuple[bytes, bytes],
        leaves: list[bytes],
        standing: Standing | None,
        note: str | None,
    ) -> None:
        (number, segment), (media_bytes, side_bytes) = which, lying
        nothing = Clear(0, digest(b""))
        media_name, side_name = media_file(number, segment), side_file(number, segment)
        span = standing.span if standing else Span(0, 0, 0, 0)
        blocks = _blocks(media_bytes, leaves, span.first_ms)
        self.files[media_name], self.files[side_name] = media_bytes, side_bytes
        self.files[blocks_of(media_name)] = blocks
        media = SealedMedia(
            file=media_name,
            length=len(media_bytes),
            sha256=digest(media_bytes),
            blocks_sha256=digest(blocks),
            complete=False,
            clear=standing.media.clear if standing else nothing,
            fragments=standing.media.fragments if standing else Fragments(0, digest(b"")),
            tail=standing.media.tail if standing else None,
        )
        side = SealedFile(
            side_name,
            len(side_bytes),
            digest(side_bytes),
            False,
            standing.side.clear if standing else nothing,
            standing.side.tail if standing else None,
        )
        cause = InterruptCause.CUSTODY_LOST
        self._seal(Segment(number, segment, Ending.INTERRUPTED, cause, media, side, span, note))
        self.stop(number, segment, StopCause.CUSTODY_LOST)

    # --- station -------------------------------------------------------------------------------

    def anchor(self, checkpoint: bytes) -> None:
        self.say(Anchor(checkpoint.decode()))

    def file_receipt(self, name: str, proof: bytes, size: int, station_size: int) -> None:
        self.files[name] = proof
        self.say(ReceiptFiled(name, digest(proof), size, station_size))

    def release(self, segment_seq: int, names: list[str], receipt: str) -> None:
        """Say that files go, then let them go."""
        files = tuple(ReleasedFile(name, digest(self.files[name])) for name in names)
        self.say(Release(segment_seq, files, receipt))
        for name in names:
            del self.files[name]


def _blocks(sealed: bytes, leaves: list[bytes], first_ms: int) -> bytes:
    """Give the `.blocks` file: the newest picture when each block began, and its digest."""
    positions = Positions(300)  # about a header; a block is far larger
    ends, total = [], 0
    for leaf in leaves:
        total += len(leaf)
        ends.append(total)
    lines = []
    for start in range(0, len(sealed), BLOCK_BYTES):
        clear = positions.clear_at(start)
        fragment = max(sum(1 for end in ends if end <= clear) - 1, 0)
        newest = first_ms + fragment * FRAGMENT_MS if first_ms else -1
        block = sealed[start : start + BLOCK_BYTES]
        lines.append(f"{newest} {digest(block)}\n")
    return "".join(lines).encode()
