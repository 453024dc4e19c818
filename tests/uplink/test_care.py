"""Looking after a station: how units stand, each fault in its own words, backups, revocation."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from recorder.evidence.causes import CheckVerdict
from recorder.evidence.events import SelfCheck, SelfCheckItem
from recorder.evidence.moment import utc_text
from recorder.evidence.trust import parse_trust
from recorder.evidence.words import log_file, media_file
from recorder.programs import shilu
from tests.uplink.dock import Dock
from tests.verify.unit import NOON_MS, Unit
from uplink.courier import events as courier_events
from uplink.station import events
from uplink.station.care.metrics import Site, metrics
from uplink.station.care.standing import Standing, table
from uplink.station.intake.journeys import Limits
from uplink.wire.chunks import chunk_head
from uplink.wire.post import Letter
from uplink.wire.standing import State
from uplink.wire.topics import Kind, Topic, parse_topic

AGENCY = "baofeng-mz"
SITE = Site(24, 5 * 10**9)
NOW = datetime.fromtimestamp(NOON_MS / 1000, UTC)


def docked(tmp_path: Path) -> Dock:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.boot()
    dock.unit.fragment_bytes = 90_000
    dock.unit.record(1, 1)
    return dock


def standing_of(dock: Dock) -> Standing:
    standing = Standing(dock.layout.standing, lambda: utc_text(NOON_MS))
    for event in dock.said:
        if type(event).__module__ == events.__name__:
            standing.take(event)  # type: ignore[arg-type]  # the station's, by the line above
    return standing


def words(dock: Dock, what: type[object]) -> str:
    """What the status table and the metrics say of this unit, once each."""
    standing = standing_of(dock)
    told = metrics(standing.units(), standing.counts(), SITE)
    assert f'what="{what.__name__}"' in told
    drawn = table(standing.units(), 24, NOW)
    standing.close()
    return drawn


def station(dock: Dock, *arguments: str) -> int:
    return shilu.main(
        ["station", "--config", str(dock.station_folder / "station.toml"), *arguments]
    )


def chunk(dock: Dock, handle: int, offset: int, data: bytes) -> None:
    topic = Topic(AGENCY, dock.unit.number, Kind.CHUNK, "w1")
    dock.ingest.take(Letter(str(topic), chunk_head(handle, offset, len(data)) + data))


def offer_alone(dock: Dock) -> None:
    """Let the unit offer, and the station grant; no chunk is delivered."""
    while not any("grant" in one.topic for one in dock.down.out):
        dock.courier.step()
        for letter in list(dock.up.out):
            if parse_topic(letter.topic).kind is not Kind.CHUNK:
                dock.up.out.remove(letter)
                dock.ingest.take(letter)


def first_handle(dock: Dock) -> int:
    (journey,) = dock.ingest._journeys.values()  # noqa: SLF001  a forger has to guess it; we look
    return next(
        handle
        for handle, coming in journey.coming.items()
        if coming.part.offered.file == media_file(1, 1)
    )


def test_the_table_says_what_a_unit_still_holds_and_until_when(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    state = State(True, 1, "test", 61_000_000, 12, utc_text(NOON_MS), utc_text(NOON_MS))
    topic = Topic(AGENCY, dock.unit.number, Kind.STATE)
    dock.ingest.take(Letter(str(topic), state.payload()))
    standing = standing_of(dock)
    later = datetime.fromtimestamp(NOON_MS / 1000 + 26 * 3600, UTC)
    assert "docked  12     61.0" in table(standing.units(), 24, NOW)
    assert "24 h 00 min left" in table(standing.units(), 24, NOW)
    assert "2 h 00 min LATE" in table(standing.units(), 24, later)
    told = metrics(standing.units(), (), SITE)
    assert 'shilu_unit_pending_bytes{unit="BF-0007"} 61000000' in told
    due_seconds = NOON_MS / 1000 + 24 * 3600
    assert f'shilu_unit_due_seconds{{unit="BF-0007"}} {due_seconds}' in told
    assert "shilu_disk_free_bytes 5000000000" in told


def test_the_table_says_how_fast_a_unit_gets_on_and_how_long_it_takes(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    state = State(True, 1, "test", 61_000_000, 12, "", "", "0" * 16, 400_000)
    topic = str(Topic(AGENCY, dock.unit.number, Kind.STATE))
    dock.ingest.take(Letter(topic, state.payload()))
    standing = standing_of(dock)
    assert "docked  12     61.0  0.4   3 min" in table(standing.units(), 24, NOW)
    told = metrics(standing.units(), (), SITE)
    assert 'shilu_unit_bytes_per_second{unit="BF-0007"} 400000' in told
    dock.ingest.take(Letter(topic, State(False, 0, "test", 0, 0, "").payload()))
    assert "min" not in table(standing_of(dock).units(), 24, NOW)


def test_a_unit_tells_amid_its_journey_how_it_gets_on_and_then_that_nothing_is_left(
    tmp_path: Path,
) -> None:
    dock = docked(tmp_path)
    dock.unit.fragment_bytes = 900_000
    dock.unit.record(4)  # eleven seconds at this pace

    def slow(letter: Letter) -> bool:
        if parse_topic(letter.topic).kind is Kind.CHUNK:
            dock.clock.seconds += 0.1
        return False

    dock.loses = slow
    dock.ingest.limits = Limits(window_bytes=2**21)
    dock.dock()
    dock.bring_home()
    states = [one for one in dock.said if isinstance(one, events.UnitSeen)]
    assert any(one.bytes_per_second for one in states)
    assert [one.pending_files for one in states] == sorted(
        (one.pending_files for one in states), reverse=True
    )
    nothing_left = [one for one in states if not one.pending_files]
    assert [one.bytes_per_second for one in nothing_left] == [0]
    assert not [one for one in dock.said if isinstance(one, courier_events.JourneyBroken)]
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_the_table_and_the_metrics_say_how_a_unit_is(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    items = (
        ("key", "pass", 1, "yes"), ("battery", "pass", 200, "min"), ("storage", "pass", 730, "min"),
        ("sound level", "warn", 9, "of 32767"), ("microphone", "fail", 0, "samples"),
        ("gps", "warn", -1, "fix"),
    )  # fmt: skip
    found = (
        SelfCheckItem(item, CheckVerdict(said), value, measure)
        for item, said, value, measure in items
    )
    dock.unit.say(SelfCheck(CheckVerdict.FAIL, tuple(found)))
    lower = SelfCheckItem("battery", CheckVerdict.WARN, 55, "min")
    dock.unit.say(SelfCheck(CheckVerdict.WARN, (lower,)))
    dock.dock()
    dock.bring_home()
    late = State(True, 9, 'x"} 9\n', 0, 0, utc_text(NOON_MS - 90_000))
    dock.ingest.take(Letter(str(Topic(AGENCY, dock.unit.number, Kind.STATE)), late.payload()))
    standing = standing_of(dock)
    drawn = table(standing.units(), 24, NOW)
    assert "-90.0 s" in drawn
    assert "fail 11-21 08:01: battery, sound level, microphone, gps" in drawn
    assert "0 h 55   12 h 10" in drawn
    told = metrics(standing.units(), standing.counts(), SITE)
    assert 'shilu_unit_clock_offset_seconds{unit="BF-0007"} -90.0' in told
    assert 'shilu_unit_selftest_failed{unit="BF-0007",item="sound level"} 1' in told
    value = 'shilu_unit_selftest_value{unit="BF-0007",item="%s",measure="%s"}'
    assert f"{value % ('battery', 'min')} 55" in told
    assert f"{value % ('storage', 'min')} 730" in told
    assert value % ("gps", "fix") not in told
    assert 'software="x} 9"} 1' in told
    films = sum(len(one) for name, one in dock.sealed().items() if name.endswith("mp4.age"))
    assert f'shilu_ingest_bytes_total{{unit="BF-0007"}} {films}' in told
    standing.close()


def test_a_unit_that_vanishes_is_away_and_what_it_held_stays_on_the_table(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    topic = str(Topic(AGENCY, dock.unit.number, Kind.STATE))
    for state in (State(True, 1, "t", 5_000_000, 3, ""), State(False, 0, "t", 0, 0, "")):
        dock.ingest.take(Letter(topic, state.payload()))
    assert "away  3      5.0" in table(standing_of(dock).units(), 24, NOW)


def test_a_unit_pulled_from_the_dock_is_said_and_goes_on_where_it_was(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    dock.dock()
    offer_alone(dock)
    topic = str(Topic(AGENCY, dock.unit.number, Kind.STATE))
    dock.ingest.take(Letter(topic, State(False, 0, "t", 0, 0, "").payload()))
    assert "left the dock with" in words(dock, events.Pulled)
    dock.dock()
    dock.bring_home()
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_the_table_of_faults_names_every_one_and_each_is_counted_by_its_name() -> None:
    page = (Path(__file__).parents[2] / "docs/station.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^\| [^|]+ \| `([A-Z]\w+)` \| [^|]+ \|$", page, re.MULTILINE))
    good = {
        *("Serving", "UnitSeen", "Arriving", "LogFollowed", "Verified", "Archived", "Logged"),
        *("ReceiptSent", "SelfChecked", "DeclaredNotRecorded", "HoldsChanged"),
        "OrderSent",
    }
    assert drawn == {one.__name__ for one in get_args(events.Event)} - good


@pytest.mark.parametrize("offset", [0, 150_000])
def test_a_chunk_doubled_or_out_of_order_is_said_and_costs_nothing(
    tmp_path: Path, offset: int
) -> None:
    dock = docked(tmp_path)
    dock.dock()
    offer_alone(dock)
    handle = first_handle(dock)
    data = dock.unit.files[media_file(1, 1)]
    chunk(dock, handle, 0, data[:65_536])
    chunk(dock, handle, offset, data[offset : offset + 10])
    assert "lost, doubled or out of order" in words(dock, events.Misplaced)
    dock.bring_home()
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_forged_bytes_under_a_guessed_handle_are_kept_aside_and_said(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    dock.dock()
    dock.courier.step()
    for letter in list(dock.up.out):
        dock.ingest.take(letter)
    dock.up.out.clear()
    size = len(dock.unit.files[media_file(1, 1)])
    handle = first_handle(dock)
    for offset in range(0, size, 65_536):
        chunk(dock, handle, offset, b"?" * min(65_536, size - offset))
    dock.bring_home()
    assert "its digest is not the one of the record" in words(dock, events.RefusedFile)
    assert media_file(1, 1) not in dock.receipted_files()
    assert media_file(1, 2) in dock.receipted_files()


@pytest.mark.parametrize(
    ("kind", "payload", "sentence"),
    [
        (Kind.OFFER, b"{" * 300_000, "is longer than 262144; split it"),
        (Kind.OFFER, b'{"v":1}', "has no journey"),
        (Kind.STATE, b"\xff", "not"),
    ],
)
def test_oversized_and_malformed_letters_are_said_and_stop_nobody(
    tmp_path: Path, kind: Kind, payload: bytes, sentence: str
) -> None:
    dock = docked(tmp_path)
    dock.ingest.take(Letter(str(Topic(AGENCY, "BF-0666", kind)), payload))
    drawn = words(dock, events.LetterIgnored)
    assert "BF-0666" in drawn
    assert sentence in drawn
    dock.dock()
    dock.bring_home()
    assert dock.courier.home


def test_an_unknown_unit_is_told_what_to_do(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.unit.boot()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert "is not enrolled at this station; enrol it before it docks" in words(
        dock, events.RefusedFile
    )


def test_two_units_under_one_name_are_a_fork_that_is_said(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    dock.dock()
    dock.bring_home()
    copied = Unit()
    copied.station_key = dock.unit.station_key
    copied.boot()
    copied.record(2, 2, 2)
    chain = {name: data for name, data in dock.unit.files.items() if name.startswith("identity")}
    dock.unit.files = copied.files | chain
    dock.dock()
    dock.bring_home()
    assert "two units may run under one name" in words(dock, events.RefusedFile)
    kept = dock.layout.quarantine(AGENCY, dock.unit.number).glob("*/theirs.head")
    proof, *_more = sorted(kept)
    assert proof.read_bytes() != proof.with_name("ours.head").read_bytes()
    assert log_file(1) in dock.courier.refused


def test_a_wrong_clock_stops_nothing(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    dock.unit.clock.wrong_by_ms = 400 * 86_400_000
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert dock.courier.home
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_a_revoked_unit_is_refused_the_log_says_so_and_readers_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dock = docked(tmp_path)
    since = "2026-11-21T07:00:00.000Z"
    assert station(dock, "revoke", "BF-0007", "--from", since, "--by", "王五") == 0
    assert "revoked from" in capsys.readouterr().out
    dock.dock()
    dock.bring_home()
    assert f"BF-0007 is revoked from {since}" in words(dock, events.RefusedFile)
    ((_number, line),) = dock.index().changes()
    assert json.loads(line)["type"] == "revocation"
    trust = parse_trust((dock.station_folder / "trust.toml").read_text(encoding="utf-8"))
    assert trust.revoked_from_ms("BF-0007") == NOON_MS - 3_600_000
    dock.enrol()  # the same key again: still revoked
    assert station(dock, "revoke", "BF-0999", "--from", since) == 1


def test_an_export_is_an_entry_and_receipts_go_on_behind_it(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    dock.dock()
    dock.bring_home()
    out = tmp_path / "package"
    assert station(dock, "package", "BF-0007", "--out", str(out), "--reason", "(2026) 12") == 0
    assert (out / "manifest-sha256.txt").exists()
    ((number, line),) = dock.index().changes()
    said = json.loads(line)
    assert (said["type"], said["recordings"], said["reason"]) == ("export", [1], "(2026) 12")
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert dock.courier.home
    assert dock.admission.registrar.log.size > number + 1


def test_a_backup_is_whole_and_one_flipped_byte_or_missing_original_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dock = docked(tmp_path)
    dock.dock()
    dock.bring_home()
    copy = tmp_path / "copy"
    assert station(dock, "backup", str(copy)) == 0
    assert station(dock, "restore", str(copy), "--check") == 0
    assert f"{len(dock.sealed())} originals as confirmed" in capsys.readouterr().out
    original = copy / "archive" / AGENCY / "BF-0007" / media_file(1, 1)
    data = original.read_bytes()
    original.chmod(0o644)
    original.write_bytes(data[:-1] + b"?")
    assert station(dock, "restore", str(copy), "--check") == 1
    assert "has other bytes than were backed up" in capsys.readouterr().err
    original.write_bytes(data)
    dock.layout.root.rename(tmp_path / "lost")
    assert station(dock, "restore", str(copy)) == 0
    dock.restart()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_the_doctor_names_what_to_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dock = docked(tmp_path)
    dock.dock()
    dock.bring_home()
    station(dock, "doctor")
    assert "ok    log and checkpoint" in capsys.readouterr().out
    (dock.layout.log / "entries").write_bytes(b"")
    (dock.station_folder / "station.agekey").write_text("nothing")
    assert station(dock, "doctor") == 1
    said = capsys.readouterr().out
    assert "MEND  keys: " in said
    assert "does not fit its own checkpoint" in said
