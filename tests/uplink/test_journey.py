"""From a spool to receipts, in one thread and without a broker."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import bagit

from recorder.evidence.head import Head, cosign, sign_head
from recorder.evidence.moment import utc_text
from recorder.evidence.note import add_signature, note_bytes, parse_note
from recorder.evidence.receipt import check_station_head
from recorder.evidence.record import Ending, ReceiptFiled, parse_record
from recorder.evidence.words import log_file, media_file, tail_of
from recorder.programs import verify
from tests.uplink.dock import Dock
from tests.verify.unit import NOON_MS, Unit
from uplink.courier import events as courier_events
from uplink.courier.filing import FilingLost, FilingRefused
from uplink.courier.kept_heads import refused
from uplink.station.intake.journeys import Limits
from uplink.station.intake.service import station_state
from uplink.station.package.bag import Order, Packer
from uplink.station.settings import read_signing_key
from uplink.wire.chunks import CHUNK_MAX_BYTES
from uplink.wire.messages import Ack
from uplink.wire.post import Letter
from uplink.wire.proofs import AnchorLetter
from uplink.wire.topics import Kind, Topic, parse_topic

if TYPE_CHECKING:
    from pathlib import Path

    from uplink.wire.orders import CommandLetter
    from uplink.wire.proofs import ReceiptLetter

MIB = 2**20
PATIENCE_SECONDS = 5.0


def filed(dock: Dock) -> list[ReceiptFiled]:
    bodies = [parse_record(line).body for line in dock.unit.lines]
    return [body for body in bodies if isinstance(body, ReceiptFiled)]


def test_everything_comes_home_and_every_receipt_is_filed(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(3, 2)
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    archived = dock.archived()
    for name, data in dock.sealed().items():
        assert archived[name] == data
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())
    assert {body.size for body in filed(dock)} == {
        entry.size for entry in dock.index().issued(dock.unit.origin)
    }


def test_marked_footage_travels_first_then_the_older(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    number = dock.unit.start()
    dock.unit.segment(number, 1, 1, Ending.STOP)
    dock.unit.clock.boottime_ms -= 500
    dock.unit.mark()
    dock.dock()
    dock.bring_home()
    told = [one.file for one in dock.said if isinstance(one, courier_events.StoredFile)]
    logs = [one for one in told if one.startswith("log/")]
    media = [one for one in told if one.endswith(".mp4.age")]
    assert told[: 1 + len(logs)] == ["identity/chain.pem", *logs]
    assert media == [media_file(2, 1), media_file(1, 1)]


def test_a_power_cut_with_torn_ends_comes_home_with_its_tails(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.fragment_bytes = 90_000
    cut = dock.unit.start()
    dock.unit.power_cut(cut, 1, 2, torn_log=b'{"half', torn_heads=b"baofeng-mz.shilu/BF")
    never_synced = dock.unit.start()
    dock.unit.power_cut(never_synced, 1, 1, synced=False)
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert dock.courier.home
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())
    assert tail_of(media_file(cut, 1)) in dock.receipted_files()
    assert dock.archived()[log_file(1)] == dock.unit.files[log_file(1)]


def test_torn_bytes_that_the_next_run_does_not_state_are_refused(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.power_cut(dock.unit.start(), 1, 1, torn_log=b'{"half')
    dock.unit.files[log_file(1)] += b"more"
    dock.dock()
    dock.bring_home()
    assert "torn bytes" in dock.courier.refused[log_file(1)]


def test_a_log_that_went_on_after_a_receipt_is_followed_from_there(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    first_bytes = dock.chunk_bytes_sent
    dock.unit.power_cut(dock.unit.start(), 1, 1, torn_log=b"x")
    dock.unit.record(1)
    dock.dock()
    dock.restart()
    dock.bring_home()
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())
    travelled = dock.chunk_bytes_sent - first_bytes
    new = sum(len(data) for name, data in dock.sealed().items() if "000001-" not in name)
    grown = sum(len(dock.unit.files[log_file(run)]) for run in (1, 2)) * 2
    assert travelled < new + grown
    assert len(filed(dock)) == len({body.size for body in filed(dock)})


def test_a_lost_chunk_is_asked_for_again_and_credit_does_not_run_dry(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.fragment_bytes = 700_000
    dock.unit.record(4)
    dock.dock()
    dock.ingest.limits = Limits(262_144, 262_144, 262_144)
    count = 0

    def every_ninth_chunk(letter: Letter) -> bool:
        nonlocal count
        count += "chunk" in letter.topic
        return "chunk" in letter.topic and count % 9 == 0

    dock.loses = every_ninth_chunk
    dock.bring_home(4000)
    assert dock.courier.home
    assert len(dock.told(courier_events.Offered)) == 1
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_after_a_cut_the_journey_goes_on_at_the_byte(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.fragment_bytes = 3_000_000
    dock.unit.record(4)
    dock.dock()
    dock.ingest.limits = Limits(4 * 2**20)
    for _ in range(6):
        dock.turn()
    arrived = dock.chunk_bytes_sent
    assert 0 < arrived < sum(map(len, dock.sealed().values()))
    dock.restart()
    dock.bring_home()
    whole = sum(len(data) for name, data in dock.unit.files.items() if "receipts" not in name)
    assert dock.chunk_bytes_sent <= whole + Limits().window_bytes
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_two_workers_on_one_folder_take_turns_with_one_unit(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    dock.dock()
    other = (dock.ingest, dock.admission, dock.openers)
    dock.restart()
    dock.bring_home()
    for _ in range(4):
        dock.unit.record(1)
        dock.dock()
        this = (dock.ingest, dock.admission, dock.openers)
        (dock.ingest, dock.admission, dock.openers), other = other, this
        dock.bring_home()
        assert dock.courier.home
    assert Counter(dock.receipted_files()) == Counter(dock.sealed().keys())


def test_a_unit_that_went_to_another_worker_takes_no_share_of_this_ones_credit(
    tmp_path: Path,
) -> None:
    gone, here = Dock(tmp_path), Dock(tmp_path, Unit(seed=7, number="BF-0008"))
    worker = gone.ingest
    worker.limits = Limits(window_bytes=2 * MIB, total_bytes=2 * MIB, least_bytes=MIB)
    for dock in (gone, here):
        dock.enrol()
        dock.unit.boot()
        dock.unit.fragment_bytes = MIB
        dock.unit.record(2)
        dock.dock()
        dock.courier.step()
    for letter in gone.up.out:
        worker.take(letter)
    (state,) = (one for one in gone.up.out if parse_topic(one.topic).kind is Kind.STATE)
    worker.take(replace(state, retained=False))  # its next journey; another worker got the offer
    gone.down.out.clear()
    leads = []
    while here.courier.tempo.sent_bytes < sum(map(len, here.sealed().values())):
        while here.up.out:
            worker.take(here.up.out.popleft())
        worker.settle()
        while gone.down.out:
            letter = gone.down.out.popleft()
            here.inbox.put(letter)
            if parse_topic(letter.topic).kind is Kind.ACK:
                ack = Ack.parse(letter.payload)
                leads.append(ack.credit - ack.received)
        here.courier.step()
    assert leads[0] == MIB
    assert max(leads) > 1.9 * MIB


def test_while_chunks_come_each_half_of_a_window_is_acknowledged(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.fragment_bytes = MIB
    dock.unit.record(12)
    dock.dock()
    dock.ingest.limits = Limits(2 * MIB, 2 * MIB, 2 * MIB)
    counts: list[int] = []
    whole = sum(map(len, dock.sealed().values()))
    while dock.courier.tempo.sent_bytes < whole:
        dock.courier.step()
        dock.clock.seconds += 0.01
        while dock.up.out:
            dock.ingest.take(dock.up.out.popleft())  # and never a rest, in which it would settle
            dock.ingest.hand_over()
        while dock.down.out:
            letter = dock.down.out.popleft()
            dock.inbox.put(letter)
            if parse_topic(letter.topic).kind is Kind.ACK:
                counts.append(Ack.parse(letter.payload).received)
    apart = [after - before for before, after in itertools.pairwise([0, *counts])]
    assert len(apart) >= whole // MIB - 2
    assert all(MIB <= one < MIB + CHUNK_MAX_BYTES for one in apart)


def test_a_unit_goes_to_another_worker_as_soon_as_its_own_is_gone(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    dock.loses = lambda letter: parse_topic(letter.topic).kind is Kind.CHUNK
    dock.dock()
    dock.turn()
    dock.turn()
    dock.restart()
    dock.loses = lambda _: False
    before_seconds = dock.clock.seconds
    dock.inbox.put(replace(station_state("baofeng-mz", "w1", up=False), retained=False))
    dock.bring_home()
    assert dock.clock.seconds - before_seconds < PATIENCE_SECONDS


def test_a_receipt_that_custody_kept_but_did_not_write_down_is_sent_again_the_same(
    tmp_path: Path,
) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    dock.dock()
    seen: list[str] = []
    whole = dock.spool

    class Forgetful:
        def receipt(self, letter: ReceiptLetter) -> int:
            seen.append(letter.proof)
            if len(seen) == 1:
                raise FilingLost("custody was cut off")
            return whole.receipt(letter)

        def anchor(self, _letter: AnchorLetter) -> int:
            raise FilingRefused("not today")

        def command(self, _letter: CommandLetter) -> int:
            raise FilingLost("custody was cut off")

        def tell_time(self, _utc: str) -> None:
            """Nobody listens."""

        def say(self, _journey: object) -> None:
            raise FilingLost("custody was cut off")

    dock.courier._desk.filing = Forgetful()  # noqa: SLF001 - a custody that dies at its first receipt
    dock.bring_home()
    assert seen[0] in seen[1:]
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_the_package_of_a_unit_passes_the_verifier(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.dock()
    dock.bring_home()
    dock.unit.clock.boottime_ms += 60_000
    dock.unit.record(2, 1)
    dock.dock()
    dock.bring_home()
    dock.unit.clock.boottime_ms += 60_000
    dock.unit.power_cut(dock.unit.start(), 1, 1)
    dock.dock()
    dock.bring_home()
    out = tmp_path / "package"
    order = Order("baofeng-mz", dock.unit.number, (), "baofeng-mz.shilu/station", utc_text(NOON_MS))
    assert Packer(dock.layout, dock.index(), order, out).pack() == (1, 2)
    bagit.Bag(str(out)).validate()
    trust, key = dock.station_folder / "trust.toml", dock.station_folder / "station.agekey"
    arguments = [str(out), "--trust", str(trust), "--key", str(key), "--json"]
    assert verify.main(arguments) == 0


def test_a_station_that_tells_two_stories_is_not_believed_and_both_heads_are_kept(
    tmp_path: Path,
) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    seen = dock.spool.newest
    # The same keys, and witnesses that lie along: another log of the same size.
    private = read_signing_key(dock.settings.log_key)
    other = Head(seen.origin, seen.size, bytes(31) + b"!")
    note = parse_note(sign_head(other, private))
    for witness in dock.settings.witnesses:
        assert witness.key is not None
        signature = cosign(note, witness.name, read_signing_key(witness.key), 1)
        note = add_signature(note, signature)
    letter = AnchorLetter(note_bytes(note).decode(), (), seen.size)
    topic = Topic("baofeng-mz", dock.unit.number, Kind.ANCHOR)
    records = dock.unit.size
    dock.inbox.put(Letter(str(topic), letter.payload()))
    dock.turn()
    assert dock.unit.size == records
    assert dock.spool.newest == seen
    ((sentence, kept),) = refused(dock.folder / "outbox.sqlite")
    assert "does not extend" in sentence
    told, _cosigned = check_station_head(
        AnchorLetter.parse(kept).checkpoint.encode(), dock.spool.policy
    )
    assert (told.size, told.root == seen.root) == (seen.size, False)
