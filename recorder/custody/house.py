"""Custody put together: from settings, a socket, a clock, chance and a disk to one that serves.

Everything from outside comes in by argument, so that a test can kill it before any effect.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.custody.bookmark import Bookmarks
from recorder.custody.commands import Commands
from recorder.custody.ears import Ears
from recorder.custody.effects import Effect
from recorder.custody.errors import NotReady
from recorder.custody.film import Bench
from recorder.custody.firmware import FirmwareSigner
from recorder.custody.intake import Callers, Doormen, Intake
from recorder.custody.keys import IDENTITY_FILE, NEXT_KEY, FileSigner, NextKeys
from recorder.custody.ledger import Ledger
from recorder.custody.pace import Pace
from recorder.custody.past import read_past
from recorder.custody.pen import Pen
from recorder.custody.receipts import Receipts, StationHead
from recorder.custody.recovery import RunFacts, recover
from recorder.custody.segment import Encryption
from recorder.custody.slots import Slots
from recorder.custody.space import Space
from recorder.custody.spool import Spool
from recorder.custody.standings import Standings
from recorder.custody.station_clock import StationClock
from recorder.custody.token import TokenSigner

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from recorder.custody.durable import Disk
    from recorder.custody.effects import Step
    from recorder.custody.settings import Settings
    from recorder.evidence.epoch import Signer
    from recorder.evidence.moment import Clock

LONGEST_WAIT_MS = 1000
_STANDING = "standing"
_STATION_HEAD = "station-head"
_BOOKMARK = "bookmark"
_ORDER = "order"
_LOCK = "lock"
_NEXT_KEY_EFFECTS = (Effect.WRITE_NEXT_KEY, Effect.SYNC_NEXT_KEY)


@dataclass(frozen=True, slots=True)
class World:
    """What custody has of the outside."""

    clock: Clock
    random: Callable[[int], bytes]
    disk: Disk
    step: Step
    kernel_boot_id: str
    protection: tuple[str, ...] = ()  # what this process has asked the kernel to refuse it


class Custody:
    """One run: made whole again by its beginning, then serving until it is shut down."""

    def __init__(self, settings: Settings, listener: socket.socket, world: World) -> None:
        """Recover and begin a run; a CustodyError says what stands in the way."""
        self._listener = listener
        self._held = ExitStack()  # descriptors, let go of in the end
        try:
            self._held.callback(os.close, _lock(settings.state))
            self._begin(settings, world)
        except BaseException:
            self._held.close()
            raise

    def _begin(self, settings: Settings, world: World) -> None:
        spool = Spool(settings.spool, world.disk, world.step, protect=settings.protect)
        spool.check()
        signer = self._signer(settings)
        next_keys = NextKeys(self._slots(settings.keys, NEXT_KEY, world), world.random)
        standings = Standings(self._slots(settings.state, _STANDING, world))
        bookmarks = Bookmarks(self._slots(settings.state, _BOOKMARK, world), settings.origin)
        past = read_past(spool, settings.origin, bookmarks, signer.public_key())

        def new_ledger(run: int) -> Ledger:
            return Ledger(
                origin=settings.origin,
                run=run,
                spool=spool,
                history=past.history,
                clock=world.clock,
                random=world.random,
                next_keys=next_keys,
                signer=signer,
                keep_past=bookmarks.keep,
            )

        facts = RunFacts(
            world.kernel_boot_id,
            settings.unit_kind,
            settings.software,
            settings.software_sha256,
            settings.config_sha256,
            world.protection,
        )
        ledger = recover(past, facts, spool, standings, new_ledger)
        self.run = ledger.run
        self._ledger = ledger
        doormen = (
            Doormen.of_bench(os.getuid()) if settings.users is None else Doormen(settings.users)
        )
        callers = Callers()
        encryption = Encryption(settings.recipients, world.random)
        self.pen = Pen(
            Bench(spool, ledger, standings, encryption, world.clock, Pace()),
            Space(spool.free_bytes, settings.floor_minutes),
            settings.sync_ms,
            callers.say,
        )
        receipts = Receipts(
            origin=settings.origin,
            policy=settings.policy,
            spool=spool,
            history=ledger.history,
            seen=StationHead(
                self._slots(settings.state, _STATION_HEAD, world), settings.policy.station.name
            ),
            commit=self.pen.commit,
        )
        commands = Commands(
            origin=settings.origin,
            key=settings.command_key,
            history=ledger.history,
            kept=self._slots(settings.state, _ORDER, world),
            clock=world.clock,
            commit=self.pen.commit,
            say=callers.say,
        )
        station_clock = StationClock(world.clock)
        self._ears = Ears(self._listener)
        self._intake = Intake(
            self._ears, doormen, callers, self.pen, receipts, commands, station_clock
        )

    def watch(self, descriptor: int) -> None:
        """Let `turn` return when this descriptor becomes readable."""
        self._ears.watch(descriptor)

    def listen_apart(self) -> None:
        """Hear callers in a thread of its own from now on, however long the card takes."""
        self._ears.listen_apart()

    def turn(self, longest_wait_ms: int = LONGEST_WAIT_MS) -> None:
        """Do what is due and what is asked; return within a second."""
        wait_ms = self.pen.tick()
        self._intake.hear(min(wait_ms, longest_wait_ms))

    def shut_down(self, reason: str) -> None:
        """End on purpose: seal, say so in the log, let everybody go."""
        self.pen.shut_down(reason)
        self.let_go()

    def let_go(self) -> None:
        """Close every descriptor, as the end of the process would; nothing is written."""
        self._ears.close()
        self._ledger.close()
        self._held.close()

    def _signer(self, settings: Settings) -> Signer:
        if settings.firmware is not None:
            return FirmwareSigner.open(settings.firmware)
        if settings.token is None:
            return FileSigner.load(settings.keys / IDENTITY_FILE)
        signer = TokenSigner.open(settings.token)
        self._held.callback(signer.close)
        return signer

    def _slots(self, folder: Path, name: str, world: World) -> Slots:
        slots = _slots(folder, name, world)
        self._held.callback(slots.close)
        return slots


def _slots(folder: Path, name: str, world: World) -> Slots:
    effects = {
        NEXT_KEY: _NEXT_KEY_EFFECTS,
        _STANDING: (Effect.WRITE_STANDING, Effect.SYNC_STANDING),
        _STATION_HEAD: (Effect.WRITE_STATION_HEAD, Effect.SYNC_STATION_HEAD),
        _BOOKMARK: (Effect.WRITE_BOOKMARK, Effect.SYNC_BOOKMARK),
        _ORDER: (Effect.WRITE_ORDER, Effect.SYNC_ORDER),
    }[name]
    try:
        return Slots(folder, name, world.disk, world.step, effects)
    except OSError as error:
        raise NotReady(f"{folder} cannot be written to: {error.strerror}.") from error


def _lock(state: Path) -> int:
    """Take the one pen; NotReady if another custody holds it."""
    try:
        fd = os.open(state / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotReady(f"{state} cannot be written to: {error.strerror}. Use --init.") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise NotReady(f"Another custody works on {state}; stop that one first.") from None
    return fd
