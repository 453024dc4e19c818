"""Rare turns of custody, each with what must come of it; `make coverage` counts them."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.custody.durable import AppendOnly, LinuxDisk
from recorder.custody.ears import MAX_LINKS, Ears
from recorder.custody.ears import Said as Heard
from recorder.custody.effects import Effect, go_on
from recorder.custody.errors import HoldsOther, KeyLost, LogDamaged, NotReady, StorageLost
from recorder.custody.history import History
from recorder.custody.index import Place
from recorder.custody.keys import FileSigner, NextKeys
from recorder.custody.layout import make_layout
from recorder.custody.piece import Assembly
from recorder.custody.receipts import StationHead
from recorder.custody.slots import Slots
from recorder.custody.spool import DERIVED, LEAST_START_BYTES, Spool
from recorder.custody.standings import Standings
from recorder.evidence.head import Head
from recorder.evidence.receipt import CustodyEntry, FiledFile, TlogProof
from recorder.evidence.record import (
    CheckVerdict,
    InterruptCause,
    Refused,
    SelfCheck,
    SelfCheckItem,
    Stop,
    StopCause,
)
from recorder.evidence.sidecar import Said
from recorder.evidence.tree import EMPTY_ROOT
from recorder.handover import packets as p
from recorder.handover.committed import files_of
from recorder.handover.connection import Link, listen
from recorder.handover.errors import RefusedPacket
from recorder.release.policy import ReleasePolicy
from recorder.release.remove import _clear_flags, remove
from recorder.release.visit import Freed, Order, Stays, visit
from tests.custody.judge import disproofs
from tests.custody.rig import Caller, Rig
from tests.custody.test_storage import FailingDisk
from tests.verify.film import opening

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EFFECTS = (Effect.WRITE_STANDING, Effect.SYNC_STANDING)
STAMPS = p.Stamps(1, 2, 1, 0)


# --- the film ------------------------------------------------------------------------------------


def failing(folder: Path) -> tuple[Rig, FailingDisk]:
    disk = FailingDisk()
    return Rig(folder, disk=disk), disk


def test_a_sidecar_that_fails_costs_no_film(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, lens = rig.start().record(pieces=2)
    rig.pass_ms(400)
    disk.fail_write_of = "0001.side.age"
    for number in range(1500):  # so much that an encrypted chunk goes out
        conductor.link.send(p.Note(Said("test", f"{number:060d}")))
        rig.turn()
    disk.fail_write_of = ""
    conductor.listen()
    rig.film(lens, 2)
    rig.stop(conductor, lens)
    assert [s.cause for s in rig.segments()] == [InterruptCause.STORAGE, InterruptCause.NONE]
    assert disproofs(rig) == set()
    rig.clear_away()


def test_a_sidecar_that_fails_everywhere_ends_the_recording_aloud(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, _ = rig.start().record(pieces=2)
    disk.fail_write_of = ".age"
    for number in range(1500):
        conductor.link.send(p.Note(Said("test", f"{number:060d}")))
        rig.turn()
    assert p.Full(0) in conductor.of(p.Full)
    assert rig.newest_of(Stop).cause is StopCause.STORAGE
    rig.clear_away()


def test_final_chunks_that_cannot_be_written_leave_the_film_of_the_last_sync(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, lens = rig.start().record(pieces=2)
    rig.pass_ms(400)
    disk.fail_write_of = "0001.mp4.age"
    rig.stop(conductor, lens)
    (segment,) = rig.segments()
    assert (segment.cause, segment.span.frames) == (InterruptCause.STORAGE, 24)
    assert disproofs(rig) == set()
    rig.clear_away()


def test_film_without_key_frames_is_not_held_for_ever(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=0)
    for number in range(7):
        lens.ask(*rig.piece(number, 3_000_000, key=False))
    rig.pass_ms(400)
    assert lens.of(p.Kept)[-1] == p.Kept(8)


def test_media_while_nothing_is_recorded_is_dropped_and_never_called_kept(rig: Rig) -> None:
    lens = rig.start().lens()
    lens.ask(*rig.open_piece(), *rig.piece(0))
    assert lens.of(p.Kept) == []
    assert not lens.lost


def test_a_lens_that_has_ended_may_not_go_on(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=1)
    lens.ask(p.End())
    lens.ask(*rig.piece(1))
    assert lens.lost


def test_a_lens_that_ended_may_leave_and_one_that_is_waited_for_ends_the_recording(
    rig: Rig,
) -> None:
    conductor, lens = rig.start().record(pieces=1)
    lens.ask(p.End())
    lens.go()
    assert rig.segments() == []
    lens = rig.lens()
    lens.ask(*rig.open_piece())
    conductor.ask(p.Close(StopCause.BUTTON))
    lens.go()
    assert rig.newest(Stop).cause is StopCause.BUTTON


def test_a_conductor_that_leaves_while_nothing_is_recorded_ends_nothing(rig: Rig) -> None:
    rig.start().conductor().go()
    assert rig.types() == "epoch run"


def test_a_turn_is_for_an_open_recording(rig: Rig) -> None:
    conductor = rig.start().conductor()
    assert isinstance(conductor.ask(p.Turn()), p.Fault)
    conductor.ask(rig.opening())
    before = len(conductor.of(p.Fault))
    conductor.ask(p.Turn())
    assert len(conductor.of(p.Fault)) == before


def test_what_capture_checked_is_written_down_as_it_is(rig: Rig) -> None:
    check = SelfCheck(
        CheckVerdict.PASS, (SelfCheckItem("battery", CheckVerdict.PASS, 81, "percent"),)
    )
    rig.start().conductor().ask(p.Note(check))
    assert rig.newest(SelfCheck) == check


def test_a_recording_without_any_film_is_opened_and_closed(rig: Rig) -> None:
    conductor = rig.start().conductor()
    conductor.ask(rig.opening())
    conductor.ask(p.Close(StopCause.BUTTON))
    assert rig.newest(Stop) == Stop(1, StopCause.BUTTON, 0, 0)
    assert disproofs(rig) == set()


class SlowDisk(LinuxDisk):
    """Each sync of a film takes as long as it is told."""

    def __init__(self) -> None:
        self.passes: Callable[[], object] = lambda: None

    def sync(self, fd: int) -> None:
        self.passes()
        super().sync(fd)


def test_a_card_that_grows_slow_is_written_down(folder: Path) -> None:
    disk = SlowDisk()
    rig = Rig(folder, disk=disk)
    _, lens = rig.start().record(pieces=1)
    disk.passes = lambda: rig.clock.pass_ms(400)
    lens.ask(*rig.piece(1))
    rig.pass_ms(400)
    disk.passes = lambda: None
    rig.pass_ms(1000)
    assert rig.newest(SelfCheck).verdict is CheckVerdict.WARN
    rig.clear_away()


def test_an_end_that_cannot_be_sealed_anywhere_is_told(folder: Path) -> None:
    rig, disk = failing(folder)
    conductor, lens = rig.start().record(pieces=2)
    lens.ask(*rig.piece(2))
    disk.fail_sync_of = ".mp4.age"
    conductor.ask(p.Close(StopCause.BUTTON))
    lens.go()
    assert p.Full(0) in conductor.of(p.Full)
    assert rig.newest(Stop).cause is StopCause.STORAGE
    rig.clear_away()


def test_epochs_go_on_while_nothing_is_filmed(rig: Rig) -> None:
    conductor = rig.start().conductor()
    rig.pass_ms(15 * 60 * 1000)
    conductor.ask(rig.opening())
    rig.pass_ms(15 * 60 * 1000)
    assert rig.types() == "epoch run epoch start epoch"


def test_an_end_on_purpose_at_rest_says_so(rig: Rig) -> None:
    assert rig.start().custody is not None
    assert rig.custody is not None
    rig.custody.shut_down("stopped for the test")
    rig.custody = None
    assert rig.types() == "epoch run shutdown"


def test_a_second_custody_of_the_same_state_is_not_let_in(rig: Rig) -> None:
    rig.start()
    rig.settings = replace(rig.settings, socket=rig.settings.socket.with_name("s2"))
    first, rig.custody = rig.custody, None
    with pytest.raises(NotReady, match="Another custody"):
        rig.start()
    rig.custody = first


def test_custody_hears_apart_and_is_woken(rig: Rig) -> None:
    rig.start()
    assert rig.custody is not None
    reader, writer = os.pipe2(os.O_NONBLOCK)
    rig.custody.watch(reader)
    rig.custody.listen_apart()
    os.write(writer, b"\0")
    rig.custody.turn()
    rig.cut()
    os.close(reader)
    os.close(writer)


def test_what_is_said_while_nothing_is_recorded_is_not_kept(rig: Rig) -> None:
    conductor = rig.start().conductor()
    conductor.ask(p.Note(Said("ready", "可以使用")))
    assert rig.types() == "epoch run"


def test_a_note_that_no_record_can_hold_costs_the_connection(rig: Rig) -> None:
    conductor, _ = rig.start().record(pieces=1)
    item = SelfCheckItem("x" * 1500, CheckVerdict.PASS, 2**52, "percent")
    conductor.ask(p.Note(SelfCheck(CheckVerdict.PASS, (item,) * 60)))
    assert conductor.lost


# --- callers -------------------------------------------------------------------------------------


def test_a_connection_that_does_not_begin_with_hello_is_closed(rig: Rig) -> None:
    rig.start()
    link = Link.connect(rig.settings.socket)
    link.send(p.End())
    rig.turn()
    assert rig.newest(Refused).by == f"user {os.getuid()}"
    link.close()


def test_what_the_courier_says_of_the_way_home_is_passed_on_and_ends_with_it(rig: Rig) -> None:
    first, courier = rig.start().conductor(), Caller(rig, p.Role.COURIER)
    docked = p.Journey(next(dock for dock in p.Dock if dock is not p.Dock.AWAY), 3, "")
    courier.ask(docked)
    assert first.of(p.Journey) == [docked]
    second = rig.conductor()
    assert second.of(p.Journey) == [docked]
    courier.go()
    assert second.of(p.Journey)[-1].dock is p.Dock.AWAY


def test_what_a_caller_sent_before_it_was_let_go_is_not_heard(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=1)
    for packet in (*rig.piece(1), *rig.piece(2)):
        lens.link.send(packet)
    lens.link.send(p.Close(StopCause.BUTTON))  # not its right
    lens.link.send(p.End())
    rig.turn()
    assert [r.body.asked for r in rig.records() if isinstance(r.body, Refused)] == ["close"]


def test_the_seventeenth_caller_is_not_let_in(folder: Path) -> None:
    ears = Ears(listen(folder / "s"))
    links, came = [], []
    for _ in range(MAX_LINKS + 1):
        links.append(Link.connect(folder / "s"))
        came += ears.take(0)
    assert len(came) == MAX_LINKS
    for link in links:
        link.close()
    ears.close()


def test_a_caller_that_is_gone_before_it_is_let_in_is_nobody(folder: Path) -> None:
    listener = listen(folder / "s")
    ears = Ears(listener)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as end:
        end.connect(str(folder / "s"))
        listener.accept()[0].close()
    ears._accept()  # noqa: SLF001 - as if select had told of it
    assert ears.take(0) == []
    ears.close()


def test_a_caller_that_is_let_go_while_it_waits_is_not_heard_again(folder: Path) -> None:
    ears = Ears(listen(folder / "s"))
    link = Link.connect(folder / "s")
    (came,) = ears.take(1000)
    heard = []
    while not came.caller.paused:
        link.send(p.End())
        heard += ears.take(0)
        ears.listen(0)
    heard += [said for _ in range(10) for said in ears.take(0)]
    for said in heard:
        if isinstance(said, Heard):
            ears.done(said)
    ears.drop(came.caller)
    ears.listen(0)
    assert ears.take(0) == []
    link.close()
    ears.close()


def test_ears_that_die_end_the_pen_too(folder: Path) -> None:
    listener = listen(folder / "s")
    ears = Ears(listener)
    ears.listen_apart()
    ears._selector.close()  # noqa: SLF001 - as if memory had run out
    Link.connect(folder / "s").close()
    with pytest.raises((OSError, KeyError, RuntimeError, ValueError)):
        ears.take(30_000)
    with contextlib.suppress(Exception):
        ears.close()


def test_a_descriptor_that_is_watched_wakes_the_pen_and_is_read_empty(folder: Path) -> None:
    ears = Ears(listen(folder / "s"))
    reader, writer = os.pipe2(os.O_NONBLOCK)
    ears.watch(reader)
    ears.listen_apart()
    os.write(writer, b"\0")
    assert ears.take(10_000) == []
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    ears.close()
    os.close(reader)
    os.close(writer)


# --- pieces --------------------------------------------------------------------------------------


def test_packets_that_do_not_make_a_piece_are_refused() -> None:
    begun = Assembly()
    begun.take(p.Keep(b"x", last=False, stamps=STAMPS))
    with pytest.raises(RefusedPacket, match="before the one before it"):
        begun.take(p.Keep(b"x", last=True, stamps=STAMPS))
    with pytest.raises(RefusedPacket, match="this is none"):
        Assembly().take(p.Keep(b"x", last=True))
    large = Assembly()
    large.take(p.Keep(bytes(p.MAX_PIECE_BYTES), last=False, stamps=STAMPS))
    with pytest.raises(RefusedPacket, match="larger than"):
        large.take(p.Keep(b"x", last=False))
    with pytest.raises(RefusedPacket, match="ftyp and moov"):
        Assembly().take(p.Keep(b"\0\0\0\x08moof", last=True, stamps=STAMPS, opens=True))
    assert Assembly().take(p.Keep(opening(), last=True, stamps=STAMPS, opens=True)) is not None


# --- receipts ------------------------------------------------------------------------------------


def sealed_once(rig: Rig) -> Caller:
    conductor, lens = rig.start().record(pieces=2)
    rig.stop(conductor, lens)
    return Caller(rig, p.Role.COURIER)


def test_a_release_of_what_no_record_seals_or_no_receipt_reaches_is_refused(rig: Rig) -> None:
    courier = sealed_once(rig)
    courier.ask(rig.receipt(seen=0))
    conductor, lens = rig.record(pieces=1)
    rig.stop(conductor, lens)
    newest = max(r.seq for r in rig.records() if r.body.TYPE == "segment")
    release = Caller(rig, p.Role.RELEASE)
    receipt = "receipts/00000005.tlog-proof"
    for seq, word, named in (
        (1, "seals no segment", receipt),
        (newest, "does not reach", receipt),
        (newest, "was filed", "receipts/00000099.tlog-proof"),
        (newest, "was filed", "of my own"),
    ):
        answer = release.ask(p.ReleaseRequest(seq, named))
        assert isinstance(answer, p.Fault)
        assert word in answer.sentence
    assert isinstance(release.ask(p.ReleaseRequest(3, receipt)), p.Released)
    assert release.ask(p.ReleaseRequest(3, receipt)) == release.heard[-2]


def test_a_receipt_whose_file_was_changed_or_taken_away_frees_nothing(rig: Rig) -> None:
    sealed_once(rig).ask(rig.receipt(seen=0))
    path = rig.settings.spool / "receipts" / "00000005.tlog-proof"
    path.chmod(0o640)
    release = Caller(rig, p.Role.RELEASE)
    for change in (lambda: path.write_bytes(b"thank you"), path.unlink):
        change()
        answer = release.ask(p.ReleaseRequest(3, "receipts/00000005.tlog-proof"))
        assert isinstance(answer, p.Fault)
        assert "any more" in answer.sentence


def test_another_receipt_for_the_same_records_is_refused(rig: Rig) -> None:
    courier = sealed_once(rig)
    first = rig.receipt(seen=0)
    courier.ask(first)
    entry = CustodyEntry.parse(TlogProof.parse(first.proof.encode()).extra)
    answer = courier.ask(rig.log_entry(entry, 2))
    assert isinstance(answer, p.Fault)
    assert "already" in answer.sentence


def test_a_receipt_that_cannot_be_kept_is_refused_and_may_be_offered_again(folder: Path) -> None:
    rig, disk = failing(folder)
    courier = sealed_once(rig)
    offer = rig.receipt(seen=0)
    disk.fail_write_of = ".tlog-proof"
    refused = courier.ask(offer)
    disk.fail_write_of, disk.fail_sync_of = "", "station-head.0"
    refused_too = courier.ask(offer)
    assert isinstance(refused, p.Fault)
    assert isinstance(refused_too, p.Fault)
    rig.cut()
    disk.fail_sync_of = ""
    rig.start()
    assert isinstance(Caller(rig, p.Role.COURIER).ask(offer), p.Filed)
    assert disproofs(rig) == set()
    rig.clear_away()


def test_a_station_head_of_another_log_in_a_slot_is_not_ours(folder: Path) -> None:
    slots = Slots(folder, "station-head", LinuxDisk(), go_on, EFFECTS)
    slots.write(Head("other.shilu/station", 9, EMPTY_ROOT).text().encode())
    seen = StationHead(slots, "baofeng-mz.shilu/station")
    assert seen.newest.size == 0
    slots.close()


def visited(rig: Rig, answer: p.Released | p.Fault, **changes: str) -> list[Freed | Stays]:
    values = {"origin": rig.settings.origin, **changes}
    policy = ReleasePolicy(0, keep_marked=False)
    order = Order(rig.settings.spool, values["origin"], rig.settings.policy, policy)
    return list(visit(order, rig.clock.utc_ms, lambda _asked: answer))


def test_custody_that_refuses_or_releases_something_else_frees_nothing(rig: Rig) -> None:
    sealed_once(rig).ask(rig.receipt(seen=0))
    before = rig.files()
    refusal = p.Fault("not today", "release")
    for answer, word in ((refusal, "not today"), (p.Released(9, ()), "said")):
        (stays,) = visited(rig, answer)
        assert isinstance(stays, Stays)
        assert word in stays.because
    assert rig.files() == before


def test_a_receipt_of_another_unit_frees_nothing_of_this_one(rig: Rig) -> None:
    sealed_once(rig).ask(rig.receipt(seen=0))
    (stays,) = visited(rig, p.Released(9, ()), origin="baofeng-mz.shilu/BF-0009")
    assert isinstance(stays, Stays)
    assert "not for this unit" in stays.because


def test_of_two_receipts_the_one_that_covers_is_named(rig: Rig) -> None:
    courier = sealed_once(rig)
    courier.ask(rig.receipt(seen=0))
    conductor, lens = rig.record(pieces=1)
    rig.stop(conductor, lens)
    courier.ask(rig.receipt(seen=2))
    asked: list[p.ReleaseRequest] = []

    def refuse(request: p.ReleaseRequest) -> p.Fault:
        asked.append(request)
        return p.Fault("not today", "release")

    policy = ReleasePolicy(0, keep_marked=False)
    order = Order(rig.settings.spool, rig.settings.origin, rig.settings.policy, policy)
    list(visit(order, rig.clock.utc_ms, refuse))
    assert len(asked) == 2
    assert asked[0].segment_seq < asked[1].segment_seq  # oldest first
    assert asked[0].receipt != asked[1].receipt


def test_a_receipt_for_a_part_is_named_for_no_segment(rig: Rig) -> None:
    courier = sealed_once(rig)
    (segment,) = rig.segments()
    film, *_ = (FiledFile(f.file, f.sha256) for f in files_of(segment))
    assert isinstance(courier.ask(rig.receipt(seen=0, files=(film,))), p.Filed)
    assert visited(rig, p.Fault("not asked", "release")) == []


def test_a_head_with_too_many_cosignatures_is_not_written_down(rig: Rig) -> None:
    courier = sealed_once(rig)
    checkpoint = rig.station.checkpoint(rig.clock.utc_ms // 1000).decode()
    stranger = "\u2014 nobody.example " + "A" * 300 + "\n"
    answer = courier.ask(p.AnchorOffer(checkpoint + stranger * 60, (), 0))
    assert isinstance(answer, p.Fault)


def test_flags_that_a_file_system_does_not_know_are_none_and_other_errors_are_told() -> None:
    with open(os.devnull, "rb") as file:  # noqa: PTH123 - a device
        _clear_flags(file.fileno())
    with pytest.raises(OSError, match="Bad file"):
        _clear_flags(10**6)


def test_files_that_went_before_are_no_trouble_for_a_release(rig: Rig) -> None:
    assert remove(rig.settings.spool, ["media/000009-0001.mp4.age"]) == 0


# --- the card ------------------------------------------------------------------------------------


def spool_of(rig: Rig, disk: LinuxDisk | None = None, *, protect: bool = False) -> Spool:
    return Spool(rig.settings.spool, disk or LinuxDisk(), go_on, protect=protect)


class FullDisk(LinuxDisk):
    """To its last block."""

    def last_bytes(self, folder: Path) -> int:
        del folder
        return LEAST_START_BYTES - 1


class ClosedDisk(LinuxDisk):
    """Every new name, reopening, folder sync and flag fails with this error."""

    def __init__(self, number: int) -> None:
        self._number = number

    def _fail(self) -> OSError:
        return OSError(self._number, os.strerror(self._number))

    def create(self, path: Path, mode: int) -> int:
        del path, mode
        raise self._fail()

    def append_to(self, path: Path) -> int:
        del path
        raise self._fail()

    def sync_folder(self, folder: Path) -> None:
        del folder
        raise self._fail()

    def sync(self, fd: int) -> None:
        del fd
        raise self._fail()

    def add_flag(self, fd: int, flag: int) -> None:
        del fd, flag
        raise self._fail()


def test_a_card_without_room_for_a_start_is_one_sentence(rig: Rig) -> None:
    with pytest.raises(NotReady, match="full to its last block"):
        spool_of(rig, FullDisk()).check()


def test_what_a_card_refuses_is_storage_lost(rig: Rig) -> None:
    name = "media/000001-0001.mp4.age.blocks"
    spool_of(rig).complete(name, b"a beginning")
    spool = spool_of(rig, ClosedDisk(errno.EIO))
    attempts: tuple[Callable[[], object], ...] = (
        lambda: spool.create_empty("media/000002-0001.mp4.age"),
        lambda: spool.sync_folder(name),
        lambda: spool.complete(name, b"a beginning, and more"),
        lambda: spool.make_durable(name),
    )
    for attempt in attempts:
        with pytest.raises(StorageLost, match="Input/output error"):
            attempt()


def test_a_derived_file_is_completed_where_a_crash_stopped_it_and_no_other_is(rig: Rig) -> None:
    spool, name = spool_of(rig), "media/000001-0001.mp4.age.blocks"
    for content in (b"begun", b"begun and ended", b"begun and ended"):
        spool.complete(name, content)
        assert b"".join(spool.read(name)) == content
    with pytest.raises(HoldsOther, match="something else"):
        spool.complete(name, b"another")


def test_a_flag_that_is_not_granted_leaves_the_mode_and_any_other_error_is_told(rig: Rig) -> None:
    name = "media/000001-0001.mp4.age"
    spool_of(rig).create_empty(name)
    spool_of(rig, ClosedDisk(errno.EPERM), protect=True).seal(name)
    with pytest.raises(OSError, match="Input/output"):
        spool_of(rig, ClosedDisk(errno.EIO), protect=True).seal(name)


def test_names_that_the_format_does_not_know_are_no_evidence(rig: Rig) -> None:
    (rig.settings.spool / "media" / "holiday.jpg").write_bytes(b"")
    assert spool_of(rig).names("media") == ()
    assert spool_of(rig).names("identity") == ("identity/chain.pem",)


def test_a_file_is_closed_once(folder: Path) -> None:
    fd = LinuxDisk().create(folder / "f", 0o440)
    file = AppendOnly(LinuxDisk(), go_on, "f", fd=fd, length=0, effects=DERIVED)
    file.close()
    file.close()


class HalfDisk(LinuxDisk):
    """Takes half of each slot."""

    def write_at_start(self, fd: int, data: bytes) -> int:
        return super().write_at_start(fd, data[: len(data) // 2])


def test_a_slot_that_took_only_a_part_is_never_trusted_again(folder: Path) -> None:
    slots = Slots(folder, "s", HalfDisk(), go_on, EFFECTS)
    for _ in range(2):
        with pytest.raises(StorageLost, match="only a part"):
            slots.write(b"fact")
    slots.close()


def test_a_state_or_keys_that_cannot_be_written_are_one_sentence(rig: Rig) -> None:
    settings, file = rig.settings, rig.settings.spool / "identity" / "chain.pem"
    for wrong in (replace(settings, state=file), replace(settings, keys=file)):
        rig.settings = wrong
        with pytest.raises(NotReady):
            rig.start()
    rig.settings = replace(settings, socket=settings.socket.with_name("s2"))
    (settings.state / "standing.0").unlink(missing_ok=True)
    (settings.state / "standing.0").mkdir(parents=True)
    with pytest.raises(NotReady, match="cannot be written"):
        rig.start()


def log_of(rig: Rig, run: int = 1) -> tuple[Path, Path]:
    """Give log and heads of a run, ready for a hand that changes them."""
    found = tuple(rig.settings.spool / "log" / f"{run:06d}.{kind}" for kind in ("jsonl", "heads"))
    for path in found:
        path.chmod(0o640)
    return found[0], found[1]


def test_a_crash_between_the_two_names_of_a_run_is_made_good(rig: Rig) -> None:
    rig.start()
    rig.cut()
    (rig.settings.spool / "log" / "000002.jsonl").write_bytes(b"")
    rig.start()
    assert (rig.settings.spool / "log" / "000002.heads").read_bytes() == b""
    assert rig.records()[-1].run == 3
    assert disproofs(rig) == set()


def test_a_log_with_more_heads_than_records_or_of_another_place_is_damaged(rig: Rig) -> None:
    rig.start()
    rig.cut()
    log, heads = log_of(rig)
    whole = log.read_bytes(), heads.read_bytes()
    log.write_bytes(whole[0].split(b"\n")[0] + b"\n")
    with pytest.raises(LogDamaged):
        rig.start()
    log.write_bytes(whole[0])
    for path, content in zip((log, heads), whole, strict=True):
        path.with_name(path.name.replace("1", "2")).write_bytes(content)
    with pytest.raises(LogDamaged, match="does not follow"):
        rig.start()
    for path in (log, heads):
        path.with_name(path.name.replace("1", "2")).unlink()
    rig.settings = replace(rig.settings, origin="baofeng-mz.shilu/BF-0009")
    with pytest.raises(LogDamaged, match="this unit is"):
        rig.start()


def test_a_crash_in_a_later_segment_seals_that_one_alone(rig: Rig) -> None:
    _, lens = rig.start().record(pieces=2)
    lens.ask(*rig.open_piece())
    rig.film(lens, 2)
    rig.pass_ms(400)
    rig.cut()
    rig.start()
    assert [s.span.frames for s in rig.segments()] == [24, 24]
    assert disproofs(rig) == set()


# --- what is read back ---------------------------------------------------------------------------


def test_a_standing_that_is_none_or_of_another_unit_is_not_ours(rig: Rig) -> None:
    rig.start().record(pieces=2)
    rig.pass_ms(400)
    rig.cut()
    slots = Slots(rig.settings.state, "standing", LinuxDisk(), go_on, EFFECTS)
    standings = Standings(slots)
    assert standings.of(1, 1, 1, rig.settings.origin) is not None
    assert standings.of(1, 1, 1, "baofeng-mz.shilu/BF-0008") is None
    slots.write(struct.pack(">IIII", 1, 2, 3, 4) + b"no standing")
    assert standings.of(2, 1, 1, rig.settings.origin) is None
    slots.close()


def test_a_seal_whose_start_is_not_in_the_log_counts_for_no_recording(rig: Rig) -> None:
    sealed_once(rig)
    record, line = rig.records()[3], list(rig.lines())[3]
    history = History()
    history.take(record, line, Place(1, 0, 0))
    assert history.open is None
    assert history.seals.newest() == 3
    history.seals.take_release(2, 4)
    assert [history.seals.release_of(seq) for seq in (2, 3)] == [None, None]


def test_a_unit_is_made_once_and_only_where_it_may_be(rig: Rig, folder: Path) -> None:
    with pytest.raises(NotReady, match="already"):
        make_layout(rig.settings, rig.world())
    (folder / "file").write_bytes(b"")
    elsewhere = replace(rig.settings, keys=folder / "file" / "keys")
    with pytest.raises(NotReady, match="cannot be made"):
        make_layout(elsewhere, rig.world())


def test_an_identity_that_cannot_be_used_is_one_sentence(folder: Path) -> None:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    with pytest.raises(NotReady, match="missing"):
        FileSigner.load(folder / "none.pem")
    (folder / "folder.pem").mkdir(mode=0o700)
    with pytest.raises(NotReady, match="cannot be read"):
        FileSigner.load(folder / "folder.pem")
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "other.pem").write_bytes(other)
    (folder / "other.pem").chmod(0o600)
    with pytest.raises(NotReady, match="no P-256 key"):
        FileSigner.load(folder / "other.pem")


def test_an_epoch_key_that_is_another_or_none_is_one_sentence(folder: Path) -> None:
    slots = Slots(folder, "next-epoch-key", LinuxDisk(), go_on, EFFECTS)
    keys = NextKeys(slots, bytes)
    keys.prepare(1)
    with pytest.raises(KeyLost, match="not the one"):
        keys.promised(1, "ab" * 32)
    slots.write(b"{}")
    with pytest.raises(KeyLost, match="something else"):
        keys.promised(2, "")
    slots.close()
