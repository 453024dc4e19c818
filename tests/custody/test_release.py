"""What a release needs before anything is freed, and receipts that free nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.receipt import CustodyEntry, FiledFile, TlogProof
from recorder.handover import packets as p
from recorder.handover.committed import files_of
from recorder.release.policy import ReleasePolicy
from recorder.release.remove import _clear_flags, remove
from recorder.release.visit import Freed, Order, Stays, visit
from tests.custody.judge import disproofs
from tests.custody.rig import Caller, Rig
from tests.custody.test_failing_card import failing

if TYPE_CHECKING:
    from pathlib import Path


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
