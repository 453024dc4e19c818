"""How the courier likes to work: its speed, its cap, what rests first, and what never goes live."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from recorder.evidence.record import Ending
from recorder.evidence.words import media_file
from recorder.handover import packets as p
from tests.custody.rig import Caller, Rig
from tests.verify.unit import Unit
from uplink.courier.spool import SpoolReader
from uplink.courier.tempo import AHEAD_LEAST_BYTES, Tempo
from uplink.programs.courier import read_settings
from uplink.wire.table import BadConfig

MIB = 2**20


def spool(folder: Path, unit: Unit) -> Path:
    for name, data in unit.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def config(folder: Path, more: str) -> Path:
    (folder / "spool").mkdir(exist_ok=True)
    file = folder / "courier.toml"
    file.write_text(
        'version = 1\nagency = "baofeng-mz"\nunit = "BF-0007"\nspool = "spool"\n'
        f'outbox = "o"\ncustody_socket = "s"\n{more}[broker]\nhost = "127.0.0.1"\nport = 1\n'
    )
    return file


def test_the_newest_head_waits_until_it_was_seen_twice(tmp_path: Path) -> None:
    unit = Unit()
    unit.boot()
    unit.record(1)
    reader = SpoolReader(spool(tmp_path, unit))
    first = reader.survey()
    assert first.settling
    second = reader.survey()
    assert not second.settling
    assert first.logs[1].length < second.logs[1].length == len(unit.files[second.logs[1].file])
    unit.mark()
    spool(tmp_path, unit)
    assert reader.survey().logs == second.logs
    assert reader.survey().logs[1].length > second.logs[1].length


def test_a_spool_that_rested_for_long_travels_at_once(tmp_path: Path) -> None:
    unit = Unit()
    unit.boot()
    unit.record(1)
    written = spool(tmp_path, unit)
    at = max(path.stat().st_mtime for path in written.rglob("*"))
    assert SpoolReader(written, unix_seconds=lambda: at + 1).survey().settling
    assert not SpoolReader(written, unix_seconds=lambda: at + 10).survey().settling


def test_what_is_released_is_named_once_more_and_then_forgotten() -> None:
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        rig = Rig(Path(folder)).start()
        conductor, lens = rig.record(pieces=2)
        rig.stop(conductor, lens)
        reader = SpoolReader(rig.settings.spool)
        reader.survey()
        files = {one.file for one in reader.survey().travellers if one.rank}
        assert len(files) == 3
        filed = Caller(rig, p.Role.COURIER).ask(rig.receipt(seen=0))
        assert isinstance(filed, p.Filed)
        reader.survey()
        assert reader.survey().covered == files
        (seal,) = [r.seq for r in rig.records() if r.body.TYPE == "segment"]
        receipt = f"receipts/{filed.size:08d}.tlog-proof"
        Caller(rig, p.Role.RELEASE).ask(p.ReleaseRequest(seal, receipt))
        reader.survey()
        assert reader.survey().covered == set()
        assert not [one for one in reader.survey().travellers if one.rank]
        # A courier that starts anew learns of it too, and strikes it off its list.
        again = SpoolReader(rig.settings.spool)
        assert again.survey().covered == files
        assert again.survey().covered == set()
        rig.clear_away()


@pytest.mark.parametrize("live", [True, False])
def test_only_a_live_courier_takes_segments_of_a_recording_that_goes_on(
    tmp_path: Path, *, live: bool
) -> None:
    unit = Unit()
    unit.boot()
    number = unit.start()
    unit.segment(number, 1, 1, Ending.TURN)
    unit.mark()
    reader = SpoolReader(spool(tmp_path, unit), live=live)
    reader.survey()
    names = {one.file for one in reader.survey().travellers}
    assert (media_file(number, 1) in names) is live
    unit.go_on(number, 2, 1)
    spool(tmp_path, unit)
    reader.survey()
    assert media_file(number, 1) in {one.file for one in reader.survey().travellers}


def test_live_does_not_go_with_a_secrecy_label(tmp_path: Path) -> None:
    assert read_settings(config(tmp_path, "live = true\n")).live
    with pytest.raises(BadConfig, match="never leaves a unit while it records"):
        read_settings(config(tmp_path, 'live = true\nsecrecy = "秘密"\n'))
    assert not read_settings(config(tmp_path, 'secrecy = "秘密"\n')).live


def test_a_cap_holds_over_any_second() -> None:
    tempo = Tempo(cap=MIB)
    sent, now_seconds = 0, 100.0
    while now_seconds < 110.0:
        if not tempo.wait_seconds(now_seconds, 0, MIB):
            tempo.sent(now_seconds, MIB // 4)
            sent += MIB // 4
        now_seconds += 0.01
    assert 9.5 * MIB < sent <= 10.25 * MIB


def test_what_waits_for_the_line_and_the_size_of_a_chunk_follow_its_speed() -> None:
    slow, middling, fast = Tempo(), Tempo(), Tempo()
    for step in range(100):
        for tempo, size in ((slow, 10_000), (middling, 3 * 10**5), (fast, 10 * MIB)):
            tempo.sent(step / 10, size)
            tempo.wait_seconds(step / 10, 0, MIB)
    assert slow.ahead_bytes(10.0, 8 * MIB) == AHEAD_LEAST_BYTES
    assert fast.ahead_bytes(10.0, 8 * MIB) == 8 * MIB
    assert slow.chunk_bytes(10.0, MIB) == 64 * 1024
    assert middling.chunk_bytes(10.0, MIB) == 512 * 1024
    assert fast.chunk_bytes(10.0, MIB) == MIB
    assert fast.chunk_bytes(10.0, 256 * 1024) == 256 * 1024


def test_bytes_that_wait_for_the_line_say_nothing_of_its_speed() -> None:
    tempo = Tempo()
    for step in range(100):
        now_seconds = step / 100
        while not tempo.wait_seconds(now_seconds, max(tempo.sent_bytes - 1000 * step, 0), 8 * MIB):
            tempo.sent(now_seconds, 64 * 1024)
        assert tempo.sent_bytes <= AHEAD_LEAST_BYTES + 1000 * step + 64 * 1024


def test_a_courier_looks_again_when_the_line_took_a_quarter_of_what_waits() -> None:
    tempo = Tempo()
    for step in range(100):
        tempo.sent(step / 10, MIB // 10)
        tempo.wait_seconds(step / 10, 0, 8 * MIB)
    tempo.sent(10.0, 2 * MIB)
    assert 0.4 < tempo.wait_seconds(10.0, 2 * MIB, 8 * MIB) < 0.6
