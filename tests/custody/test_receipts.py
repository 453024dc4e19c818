"""Receipts: an honest one frees what it covers; nothing else frees anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.moment import utc_ms
from recorder.evidence.receipt import CustodyEntry, FiledFile, TlogProof
from recorder.evidence.record import Anchor, Mark, Refused, Release
from recorder.evidence.tree import leaf_hash
from recorder.handover import packets as p
from recorder.handover.committed import files_of
from recorder.release.log import read_log
from recorder.release.policy import ReleasePolicy
from recorder.release.visit import Freed, Order, Stays, visit
from tests.custody.judge import disproofs
from tests.custody.rig import ORIGIN, Caller, Rig
from tests.verify.station import Station

if TYPE_CHECKING:
    from collections.abc import Callable

SEAL = 3
FREE_ALL = ReleasePolicy(0, keep_marked=False)


def recorded(rig: Rig) -> Caller:
    """One sealed segment (record 3), and a courier."""
    conductor, lens = rig.start().record(pieces=2)
    rig.stop(conductor, lens)
    return Caller(rig, p.Role.COURIER)


def forged(rig: Rig, proof: str) -> p.ReceiptOffer:
    return replace(rig.receipt(seen=0), proof=proof)


def of_another_station(rig: Rig) -> p.ReceiptOffer:
    real, rig.station = rig.station, Station(seed=5)
    offer = rig.receipt(seen=0)
    rig.station = real
    return offer


def with_one_witness(rig: Rig) -> p.ReceiptOffer:
    offer = rig.receipt(seen=0)
    return replace(offer, proof="\n".join(offer.proof.split("\n")[:-2]) + "\n")


def changed(rig: Rig, old: str, new: str) -> p.ReceiptOffer:
    offer = rig.receipt(seen=0)
    assert old in offer.proof
    return replace(offer, proof=offer.proof.replace(old, new, 1))


def with_a_false_file(rig: Rig) -> p.ReceiptOffer:
    return rig.receipt(seen=0, files=(FiledFile("media/000001-0001.mp4.age", "ab" * 32),))


def of_a_fork(rig: Rig) -> p.ReceiptOffer:
    """The station shows one log to this unit, and then another."""
    rig.station.tree.append(leaf_hash(b"seen"))
    anchor = p.AnchorOffer(rig.station.checkpoint(1_795_248_000).decode(), (), 0)
    Caller(rig, p.Role.COURIER).ask(anchor)
    size = rig.station.tree.size
    rig.station.tree = type(rig.station.tree)()
    for entry in range(size):
        rig.station.tree.append(leaf_hash(b"other %d" % entry))
    return rig.receipt(seen=2)


def for_99_records(rig: Rig) -> p.ReceiptOffer:
    honest = TlogProof.parse(rig.receipt(seen=0).proof.encode())
    return rig.log_entry(replace(CustodyEntry.parse(honest.extra), size=99), 0)


def forged_lines(rig: Rig, forge: Callable[[list[str]], list[str]]) -> p.ReceiptOffer:
    return forged(rig, "\n".join(forge(rig.receipt(seen=0).proof.split("\n"))))


FORGERIES: dict[str, Callable[[Rig], p.ReceiptOffer]] = {
    "no proof at all": lambda rig: forged(rig, "thank you"),
    "an empty text": lambda rig: forged(rig, ""),
    "another station's": of_another_station,
    "one witness of two": with_one_witness,
    "another place in the log": lambda rig: changed(rig, "index 1", "index 0"),
    "another entry": lambda rig: changed(rig, "extra ey", "extra eZ"),
    "a broken signature": lambda rig: changed(rig, "shilu/station ", "shilu/station A"),
    "for another unit": lambda rig: rig.receipt(seen=0, log="baofeng-mz.shilu/BF-0008"),
    "for another root": lambda rig: rig.receipt(seen=0, root="ab" * 32),
    "for more records than there are": for_99_records,
    "for a file that was not sealed so": with_a_false_file,
    "for a file that is none of ours": lambda rig: rig.receipt(
        seen=0, files=(FiledFile("media/000009-0001.mp4.age", "ab" * 32),)
    ),
    "by a station whose log forked": of_a_fork,
    "from a head that was never seen": lambda rig: rig.receipt(seen=1),
    "one witness twice": lambda rig: forged_lines(rig, lambda lines: [*lines[:-2], lines[-3], ""]),
    "with a line behind its end": lambda rig: forged(rig, rig.receipt(seen=0).proof + "more\n"),
    "without its inclusion": lambda rig: forged_lines(
        rig, lambda lines: [line for at, line in enumerate(lines) if at != 3]
    ),
    "for no records": lambda rig: rig.receipt(seen=0, size=0),
    "of another agency's station": lambda rig: rig.receipt(seen=0, station="other.shilu/station"),
    "without the way from the head seen": lambda rig: replace(
        rig.receipt(seen=0), consistency=("A" * 43 + "=",)
    ),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_receipt_that_proves_nothing_is_refused_and_frees_nothing(rig: Rig, kind: str) -> None:
    courier = recorded(rig)
    answer = courier.ask(FORGERIES[kind](rig))
    assert isinstance(answer, p.Fault)
    assert not courier.lost
    assert isinstance(rig.records()[-1].body, Refused)
    assert "receipt" not in rig.types().replace("refused", "")
    release = Caller(rig, p.Role.RELEASE)
    for name in ("receipts/00000005.tlog-proof", "receipts/00000099.tlog-proof"):
        assert isinstance(release.ask(p.ReleaseRequest(SEAL, name)), p.Fault)
    assert "media/000001-0001.mp4.age" in rig.files()


def test_an_honest_receipt_is_filed_once_and_found_again(rig: Rig) -> None:
    courier = recorded(rig)
    offer = rig.receipt(seen=0)
    filed = courier.ask(offer)
    assert filed == p.Filed(5, 5)
    assert courier.ask(offer) == filed
    rig.cut()
    rig.start()
    assert Caller(rig, p.Role.COURIER).ask(offer) == filed
    assert disproofs(rig) == set()


def test_the_next_receipt_must_extend_the_head_that_was_seen(rig: Rig) -> None:
    courier = recorded(rig)
    courier.ask(rig.receipt(seen=0))
    rig.cut()
    rig.start()
    second = Caller(rig, p.Role.COURIER)
    assert isinstance(second.ask(rig.receipt(seen=0)), p.Fault)
    rig.station.tree.append(leaf_hash(b"another unit's"))
    assert isinstance(second.ask(rig.receipt(seen=2)), p.Filed)


def test_a_receipt_under_the_head_that_is_already_kept_needs_no_proof(rig: Rig) -> None:
    """As after a crash between keeping the head and writing the record."""
    courier = recorded(rig)
    offer = rig.receipt(seen=0)
    checkpoint = offer.proof.partition("\n\n")[2]
    assert isinstance(courier.ask(p.AnchorOffer(checkpoint, (), 0)), p.Filed)
    assert isinstance(courier.ask(offer), p.Filed)


def test_an_anchor_is_written_down_verbatim(rig: Rig) -> None:
    courier = recorded(rig)
    checkpoint = rig.station.checkpoint(utc_ms("2026-11-21T08:00:00.000Z") // 1000).decode()
    assert isinstance(courier.ask(p.AnchorOffer(checkpoint, (), 0)), p.Filed)
    assert rig.records()[-1].body == Anchor(checkpoint)
    alone = "\n".join(checkpoint.split("\n")[:5]) + "\n"
    assert isinstance(courier.ask(p.AnchorOffer(alone, (), 1)), p.Fault)


def test_a_receipt_for_a_part_releases_no_whole_segment(rig: Rig) -> None:
    courier = recorded(rig)
    (segment,) = rig.segments()
    part = sorted((FiledFile(f.file, f.sha256) for f in files_of(segment)), key=lambda f: f.file)
    assert isinstance(courier.ask(rig.receipt(seen=0, files=tuple(part[:2]))), p.Filed)
    asked = p.ReleaseRequest(SEAL, "receipts/00000005.tlog-proof")
    answer = Caller(rig, p.Role.RELEASE).ask(asked)
    assert isinstance(answer, p.Fault)
    assert "does not cover" in answer.sentence


def freed(rig: Rig, policy: ReleasePolicy = FREE_ALL, *, later_ms: int = 0) -> list[Freed | Stays]:
    release = Caller(rig, p.Role.RELEASE)
    order = Order(rig.settings.spool, ORIGIN, rig.settings.policy, policy)

    def ask(request: p.ReleaseRequest) -> p.Released | p.Fault:
        answer = release.ask(request)
        assert isinstance(answer, p.Released | p.Fault)
        return answer

    return list(visit(order, rig.clock.utc_ms + later_ms, ask))


def test_a_receipted_segment_goes_after_its_record_and_the_log_stays_whole(rig: Rig) -> None:
    recorded(rig).ask(rig.receipt(seen=0))
    before = rig.files()
    (outcome,) = freed(rig)
    gone = before.keys() - rig.files().keys()
    assert gone == {
        "media/000001-0001.mp4.age",
        "media/000001-0001.mp4.age.blocks",
        "media/000001-0001.side.age",
    }
    assert outcome == Freed(SEAL, sum(len(before[name]) for name in gone))
    assert isinstance(rig.records()[-1].body, Release)
    assert freed(rig) == []
    rig.cut()
    rig.start()
    assert rig.types().endswith("receipt release epoch run")


def test_footage_without_a_receipt_is_not_touched(rig: Rig) -> None:
    recorded(rig)
    assert freed(rig) == []
    assert "media/000001-0001.mp4.age" in rig.files()


def test_marked_and_young_footage_stays_where_the_agency_says_so(rig: Rig) -> None:
    conductor, lens = rig.start().record(pieces=2)
    conductor.ask(p.Note(Mark(1, 100_100)))
    rig.stop(conductor, lens)
    Caller(rig, p.Role.COURIER).ask(rig.receipt(seen=0))
    assert freed(rig, ReleasePolicy(0, keep_marked=True)) == []
    assert freed(rig, ReleasePolicy(24, keep_marked=False)) == []
    assert len(freed(rig, ReleasePolicy(24, keep_marked=False), later_ms=86_400_000)) == 1


def test_a_release_that_was_cut_off_before_the_files_went_is_finished(rig: Rig) -> None:
    recorded(rig).ask(rig.receipt(seen=0))
    asked = p.ReleaseRequest(SEAL, "receipts/00000005.tlog-proof")
    assert isinstance(Caller(rig, p.Role.RELEASE).ask(asked), p.Released)
    assert "media/000001-0001.mp4.age" in rig.files()
    assert [type(each) for each in freed(rig)] == [Freed]
    assert "media/000001-0001.mp4.age" not in rig.files()


def test_a_visit_reads_no_further_back_than_the_oldest_footage_that_is_here(rig: Rig) -> None:
    recorded(rig).ask(rig.receipt(seen=0))
    assert len(freed(rig)) == 1
    rig.cut()
    conductor, lens = rig.start().record(pieces=2)
    rig.stop(conductor, lens)
    Caller(rig, p.Role.COURIER).ask(rig.receipt(seen=2))
    (rig.settings.spool / "media" / "holiday.jpg").write_bytes(b"of nobody")
    (rig.settings.spool / "media" / "000009-0001.side.age").write_bytes(b"strange")
    old = rig.settings.spool / "log" / "000001.jsonl"
    whole = old.read_bytes()
    old.chmod(0o640)
    old.write_bytes(b"")
    asked: list[p.ReleaseRequest] = []

    def refuse(request: p.ReleaseRequest) -> p.Fault:
        asked.append(request)
        return p.Fault("not today", "release")

    order = Order(
        rig.settings.spool, ORIGIN, rig.settings.policy, ReleasePolicy(0, keep_marked=True)
    )
    list(visit(order, rig.clock.utc_ms, refuse))
    assert len(asked) == 1
    old.write_bytes(whole)
    assert len(freed(rig)) == 1


def test_a_name_older_than_every_recording_has_the_whole_log_read(rig: Rig) -> None:
    """A stranger's file can make a visit slow; it frees nothing and hides nothing."""
    for _ in range(2):
        recorded(rig)
        rig.cut()
    recorded(rig).ask(rig.receipt(seen=0))
    for kind in ("jsonl", "heads"):
        (rig.settings.spool / "log" / f"000001.{kind}").unlink()
    for path in (rig.settings.spool / "media").glob("000001-*"):
        path.unlink()
    (rig.settings.spool / "media" / "000001-0001.side.age").write_bytes(b"strange")
    read = read_log(rig.settings.spool)
    assert [sealed.segment.recording for sealed in read.segments] == [2, 3]
    assert len(read.receipts) == 1


def test_the_release_process_does_not_take_custody_at_its_word(rig: Rig) -> None:
    recorded(rig).ask(rig.receipt(seen=0))
    receipt = rig.settings.spool / "receipts" / "00000005.tlog-proof"
    receipt.chmod(0o640)
    receipt.write_bytes(receipt.read_bytes().replace(b"index 1", b"index 0"))
    (outcome,) = freed(rig)
    assert isinstance(outcome, Stays)
    assert "media/000001-0001.mp4.age" in rig.files()
