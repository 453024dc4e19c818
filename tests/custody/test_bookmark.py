"""What a start takes from a bookmark, and that it believes none over the log."""

from __future__ import annotations

import errno
import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.custody.bookmark import Bookmarks
from recorder.custody.durable import LinuxDisk
from recorder.custody.effects import Effect, go_on
from recorder.custody.errors import LogDamaged
from recorder.custody.keys import IDENTITY_FILE, FileSigner
from recorder.custody.past import read_past
from recorder.custody.slots import Slots
from recorder.custody.written import Written
from recorder.evidence.epoch import epoch_body
from recorder.evidence.errors import BadSignature, EvidenceError, Malformed
from recorder.evidence.record import EpochBegins, Orphan, Refused, Segment, StopCause
from recorder.evidence.tree import FullTree, leaf_hash
from recorder.handover import packets as p
from tests.custody.judge import disproofs
from tests.custody.rig import Caller, Rig
from tests.custody.test_spool import spool_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.custody.past import Past

OWN_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def lives(rig: Rig, runs: int) -> None:
    """So many runs, with a recording of one segment in each."""
    for _ in range(runs):
        conductor, lens = rig.start().record(pieces=2)
        rig.stop(conductor, lens)
        rig.cut()
        rig.clock.pass_ms(60_000)


def slots_of(rig: Rig) -> Slots:
    effects = Effect.WRITE_BOOKMARK, Effect.SYNC_BOOKMARK
    return Slots(rig.settings.state, "bookmark", LinuxDisk(), go_on, effects)


def past_of(rig: Rig) -> Past:
    """What a start would know."""
    slots = slots_of(rig)
    bookmarks = Bookmarks(slots, rig.settings.origin)
    identity = FileSigner.load(rig.settings.keys / IDENTITY_FILE).public_key()
    try:
        return read_past(spool_of(rig), rig.settings.origin, bookmarks, identity)
    finally:
        slots.close()


def blank(rig: Rig) -> None:
    for slot in rig.settings.state.glob("bookmark.*"):
        slot.write_bytes(b"")


def test_a_start_reads_what_lies_behind_the_bookmark_and_knows_as_much(rig: Rig) -> None:
    lives(rig, 3)
    near = past_of(rig)
    blank(rig)
    whole = past_of(rig)
    assert whole.read_from == 0
    assert [r.run for r in rig.records()].index(3) == near.read_from
    assert near.history.tree.root() == whole.history.tree.root()
    assert replace(near.history, tree=whole.history.tree) == whole.history
    assert (near.runs, near.torn) == (whole.runs, whole.torn)


def test_a_start_after_years_speaks_of_old_segments_as_before(rig: Rig) -> None:
    """Filed, released and stated, though nobody has read the records that it is about."""
    lives(rig, 2)
    (rig.settings.spool / "media" / "000009-0001.side.age").write_bytes(b"strange")
    rig.start().record(pieces=2)
    rig.pass_ms(400)
    rig.cut()  # the third segment has a tail
    lives(rig, 2)
    rig.start()
    courier = Caller(rig, p.Role.COURIER)
    filed = courier.ask(rig.receipt(seen=0))
    assert isinstance(filed, p.Filed)
    release = Caller(rig, p.Role.RELEASE)
    name = f"receipts/{filed.size:08d}.tlog-proof"
    seals = [n for n, r in enumerate(rig.records()) if r.body.TYPE == "segment"]
    assert len(seals) == 5
    for seq in (*seals, *seals):
        assert isinstance(release.ask(p.ReleaseRequest(seq, name)), p.Released)
    orphans = [r.body.file for r in rig.records() if isinstance(r.body, Orphan)]
    assert orphans == ["media/000009-0001.side.age"]
    assert rig.types().count("release") == 5
    assert {d for d in disproofs(rig) if "orphan" not in d} == set()


def _tear(slots: Slots, rig: Rig) -> None:
    """Half of each slot went to the card."""
    slots.close()
    for slot in rig.settings.state.glob("bookmark.*"):
        slot.write_bytes(slot.read_bytes()[:-7])


def _forge(slots: Slots, rig: Rig) -> None:
    """Root signs what it likes, with a key of its own."""
    history = past_of(rig).history
    history.last_recording = 77
    for _ in range(2):
        Bookmarks(slots, rig.settings.origin).keep(history, OWN_KEY)


def _forge_the_present(slots: Slots, rig: Rig) -> None:
    """The same for the state before the newest run: only the signature is wrong."""
    (history,) = [c.history for c in list(Bookmarks(slots, rig.settings.origin).kept())[:1]]
    history.last_recording = 77
    for _ in range(2):
        Bookmarks(slots, rig.settings.origin).keep(history, OWN_KEY)


def _change_the_body(slots: Slots, _rig: Rig) -> None:
    """The honest note over other words."""
    for payload in reversed(slots.payloads()):
        slots.write(payload.replace(b'"last_recording":', b'"last_recording":7'))


def _cut_the_arrays(slots: Slots, _rig: Rig) -> None:
    for payload in reversed(slots.payloads()):
        slots.write(payload[:-4])


def _write_rubbish(slots: Slots, _rig: Rig) -> None:
    for rubbish in (b"", b"\0\0\0\1no bookmark"):
        slots.write(rubbish)


def _bring_another_units(slots: Slots, rig: Rig) -> None:
    history = past_of(rig).history
    for _ in range(2):
        Bookmarks(slots, "baofeng-mz.shilu/BF-0008").keep(history, OWN_KEY)


WRONG: dict[str, Callable[[Slots, Rig], None]] = {
    "torn": _tear,
    "ahead of the log": _forge,
    "forged": _forge_the_present,
    "changed": _change_the_body,
    "cut short": _cut_the_arrays,
    "rubbish": _write_rubbish,
    "of another unit": _bring_another_units,
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_bookmark_is_never_believed_over_the_log(rig: Rig, wrong: str) -> None:
    lives(rig, 3)
    slots = slots_of(rig)
    WRONG[wrong](slots, rig)
    slots.close()
    past = past_of(rig)
    assert (past.read_from, past.history.last_recording) == (0, 3)
    lives(rig, 1)
    assert past_of(rig).read_from == past.history.size  # and the next one is made anew
    assert disproofs(rig) == set()


def test_an_older_bookmark_is_as_true_and_only_slower(rig: Rig) -> None:
    lives(rig, 4)
    near = past_of(rig)
    slots = slots_of(rig)
    slots.blank_older(Effect.WRITE_BOOKMARK)
    old = slots.payloads()
    slots.close()
    lives(rig, 2)
    slots = slots_of(rig)
    for _ in range(2):
        slots.write(old[0])
    slots.close()
    past = past_of(rig)
    assert past.read_from == near.read_from
    assert past.history.last_recording == 6


def test_a_log_that_is_damaged_behind_a_bookmark_is_damaged(rig: Rig) -> None:
    lives(rig, 3)
    log = rig.settings.spool / "log" / "000003.jsonl"
    log.chmod(0o640)
    log.write_bytes(log.read_bytes().replace(b'"frames":24', b'"frames":25'))
    with pytest.raises(LogDamaged):
        past_of(rig)


def test_a_bookmark_wants_the_epoch_that_was_promised_and_the_units_identity(rig: Rig) -> None:
    lives(rig, 3)
    slots = slots_of(rig)
    kept = next(Bookmarks(slots, rig.settings.origin).kept())
    slots.close()
    signer = FileSigner.load(rig.settings.keys / IDENTITY_FILE)
    record = rig.records()[kept.history.size]
    kept.check(record, signer.public_key())
    body = record.body
    assert isinstance(body, EpochBegins)
    with pytest.raises(Malformed, match="No epoch"):
        kept.check(rig.records()[kept.history.size + 1], signer.public_key())
    stranger = FileSigner(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(BadSignature, match="identity"):
        kept.check(record, stranger.public_key())
    own = epoch_body(
        origin=record.origin,
        epoch=record.epoch,
        seq=record.seq,
        prev=record.prev,
        key=OWN_KEY,
        next_public=OWN_KEY.public_key(),
        signer=signer,
        previous=None,
    )
    with pytest.raises(Malformed, match="promised"):
        kept.check(replace(record, body=own), signer.public_key())


class NoRoomForBookmarks(LinuxDisk):
    """Takes every write but that of a bookmark."""

    def write_at_start(self, fd: int, data: bytes) -> int:
        if b"shilu/1 bookmark" in data:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write_at_start(fd, data)


def test_a_card_that_takes_no_bookmark_keeps_nobody_from_recording(rig: Rig) -> None:
    rig.disk = NoRoomForBookmarks()
    lives(rig, 3)
    assert len(rig.segments()) == 3
    assert past_of(rig).read_from == 0


# --- what lies on the card is read again ----------------------------------------------------------


def test_every_record_and_root_of_a_life_is_found_where_it_lies(rig: Rig) -> None:
    dice = random.Random(4)  # noqa: S311 - repeatable on purpose
    for _ in range(4):
        rig.start()
        conductor = rig.conductor()
        for _ in range(dice.randrange(5, 90)):
            conductor.ask(p.Close(StopCause.BUTTON))  # a `refused` record each
            rig.pass_ms(60_000)
        rig.cut()
    lines = list(rig.lines())
    assert len(lines) > 130
    tree = FullTree(map(leaf_hash, lines))
    near = past_of(rig)
    blank(rig)
    for history in (near.history, past_of(rig).history):
        written = Written(spool_of(rig), history)
        for seq, record in enumerate(rig.records()):
            assert written.record(seq) == record
            assert written.root(seq + 1) == tree.root(seq + 1)


def test_a_record_that_was_changed_meanwhile_releases_nothing(rig: Rig) -> None:
    """Root took the flags away while custody runs; custody lives, and says so."""
    lives(rig, 1)
    rig.start()
    courier = Caller(rig, p.Role.COURIER)
    filed = courier.ask(rig.receipt(seen=0))
    assert isinstance(filed, p.Filed)
    log = rig.settings.spool / "log" / "000001.jsonl"
    (seal,) = [r.seq for r in rig.records() if r.body.TYPE == "segment"]
    log.chmod(0o640)
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b'"frames":24', b'"frames":25'))
    release = Caller(rig, p.Role.RELEASE)
    asked = p.ReleaseRequest(seal, f"receipts/{filed.size:08d}.tlog-proof")
    assert isinstance(release.ask(asked), p.Fault)
    assert "not what was written down" in rig.newest(Refused).because
    log.rename(log.with_suffix(".elsewhere"))
    gone = release.ask(asked)
    assert isinstance(gone, p.Fault)
    assert "cannot be read" in gone.sentence


def test_what_a_place_does_not_hold_is_refused(rig: Rig) -> None:
    lives(rig, 1)
    history = past_of(rig).history
    written = Written(spool_of(rig), history)
    with pytest.raises(Malformed, match="no Segment"):
        written.body(0, Segment)
    heads = rig.settings.spool / "log" / "000001.heads"
    heads.chmod(0o640)
    content = heads.read_bytes()
    heads.write_bytes(b"\n".join(content.split(b"\n")[5:]))
    with pytest.raises(Malformed, match="not what was written down"):
        written.root(1)
    heads.unlink()
    with pytest.raises(EvidenceError, match="cannot be read"):
        written.root(1)
