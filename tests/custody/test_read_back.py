"""What a start reads back of log, slots and keys, and when it does not believe it."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.custody.durable import LinuxDisk
from recorder.custody.effects import Effect, go_on
from recorder.custody.errors import KeyLost, LogDamaged, NotReady, StorageLost
from recorder.custody.history import History
from recorder.custody.index import Place
from recorder.custody.keys import FileSigner, NextKeys
from recorder.custody.receipts import StationHead
from recorder.custody.slots import Slots
from recorder.custody.standings import Standings
from recorder.evidence.head import Head
from recorder.evidence.tree import EMPTY_ROOT
from tests.custody.judge import disproofs
from tests.custody.test_release import sealed_once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.custody.rig import Rig


EFFECTS = (Effect.WRITE_STANDING, Effect.SYNC_STANDING)


def test_a_station_head_of_another_log_in_a_slot_is_not_ours(folder: Path) -> None:
    slots = Slots(folder, "station-head", LinuxDisk(), go_on, EFFECTS)
    slots.write(Head("other.shilu/station", 9, EMPTY_ROOT).text().encode())
    seen = StationHead(slots, "baofeng-mz.shilu/station")
    assert seen.newest.size == 0
    slots.close()


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
