"""The station's log and its witnesses: it grows, proves, survives, and cannot be told two ways."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence.errors import Malformed
from recorder.evidence.head import Head, check_cosignature, parse_signed_head, sign_head
from recorder.evidence.note import VerifierKey, parse_note
from recorder.evidence.tree import FullTree, check_consistency, check_inclusion, leaf_hash
from tests.verify.unit import Dice
from uplink.programs.witness import server_for
from uplink.station.log.cosigners import HttpWitness, QuorumMissing, cosigned_checkpoint
from uplink.station.log.station_log import LogUnusable, StationLog
from uplink.station.log.tiles import Tile, entry_bytes, new_tiles, split_entries
from uplink.station.log.witness import LocalWitness, Stale, WitnessRefused, WitnessUnreachable
from uplink.station.log.witness_wire import add_checkpoint_bytes, parse_add_checkpoint
from uplink.station.steps import no_step

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ORIGIN = "baofeng-mz.shilu/station"


def key(seed: int) -> Ed25519PrivateKey:
    return Dice(seed).ed25519()


def opened(folder: Path, seed: int = 1) -> StationLog:
    return StationLog(folder, key(seed), ORIGIN, no_step)


def witness(folder: Path, log: StationLog, number: int = 1) -> LocalWitness:
    name = f"witness-{number}.example"
    return LocalWitness(name, key(100 + number), folder / name, (log.key,), lambda: 1_795_248_000)


def entries(count: int, first: int = 0) -> list[bytes]:
    return [f"entry {number}\n".encode() for number in range(first, first + count)]


def test_the_log_proves_each_entry_and_each_growth(tmp_path: Path) -> None:
    log = opened(tmp_path)
    empty = log.refresh().head
    three, nine = log.grow(entries(3)).head, log.grow(entries(6, 3)).head
    assert (empty.size, three.size, nine.size) == (0, 3, 9)
    check_consistency(3, three.root, 9, nine.root, log.consistency(3, 9))
    for index in range(9):
        leaf = leaf_hash(f"entry {index}\n".encode())
        check_inclusion(leaf, index, 9, log.inclusion(index, 9), nine.root)


def test_another_process_sees_what_was_appended(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    one.refresh()
    other.refresh()
    one.grow(entries(2))
    assert other.refresh().head.size == 2
    other.grow(entries(1, 2))
    assert one.refresh().head == other.refresh().head


def test_an_entry_that_was_torn_off_was_never_there(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.refresh()
    log.grow(entries(2))
    journal = tmp_path / "entries"
    journal.write_bytes(journal.read_bytes() + entry_bytes(b"torn off")[:-3])
    again = opened(tmp_path)
    assert again.refresh().head.size == 2
    again.grow(entries(1, 2))
    assert opened(tmp_path).refresh().head.size == 3


def test_a_whole_entry_without_a_head_is_covered_by_the_next(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.refresh()
    log.grow(entries(2))
    journal = tmp_path / "entries"
    journal.write_bytes(journal.read_bytes() + entry_bytes(b"entry 2\n"))
    head = opened(tmp_path).refresh().head
    assert (head.size, head.root) == (3, FullTree(map(leaf_hash, entries(3))).root())


def test_a_log_that_lost_entries_behind_its_own_head_is_not_used(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.refresh()
    log.grow(entries(5))
    journal = tmp_path / "entries"
    journal.write_bytes(journal.read_bytes()[: 3 * len(entry_bytes(b"entry 0\n"))])
    with pytest.raises(LogUnusable, match="restore it from a backup"):
        opened(tmp_path).refresh()


def test_the_tiles_are_those_of_the_specification(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.refresh()
    log.grow(entries(200))
    log.grow(entries(400, 200))
    leaves = [leaf_hash(one) for one in entries(600)]
    tile = tmp_path / "tile"
    assert (tile / "0/000").read_bytes() == b"".join(leaves[:256])
    assert (tile / "0/002.p/88").read_bytes() == b"".join(leaves[512:])
    roots = [FullTree(leaves[start : start + 256]).root() for start in (0, 256)]
    assert (tile / "1/000.p/2").read_bytes() == b"".join(roots)
    bundle = (tile / "entries/001").read_bytes()
    assert split_entries(bundle) == (tuple(entries(256, 256)), len(bundle))


def test_tile_names_group_their_digits() -> None:
    assert Tile(0, 1_234_067, 256).path == "tile/0/x001/x234/067"
    assert Tile(-1, 5, 7).path == "tile/entries/005.p/7"


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_every_full_tile_is_written_whatever_the_steps_of_growth(steps: list[int]) -> None:
    written: set[Tile] = set()
    size = 0
    for step in steps:
        written.update(new_tiles(size, size + step))
        size += step
    wanted = {Tile(0, index, 256) for index in range(size // 256)}
    wanted |= {Tile(1, index, 256) for index in range(size // 65_536)}
    if size % 256:
        wanted.add(Tile(0, size // 256, size % 256))
    assert wanted <= written
    assert {tile.index * 256 + tile.width <= size for tile in written if tile.level == 0} == {True}


def test_a_witness_follows_a_log_that_grows_and_its_signature_counts(tmp_path: Path) -> None:
    log = opened(tmp_path / "log")
    one = witness(tmp_path, log)
    log.refresh()
    for count in (2, 3):
        signed = log.grow(entries(count, log.size))
        checkpoint = cosigned_checkpoint(log, signed.head, signed.note, (one,), 1)
        assert check_cosignature(parse_note(checkpoint), one.key) == 1_795_248_000
    assert one.known_size(ORIGIN) == 5


def test_a_rewritten_log_is_refused_by_the_witness_over_a_restart(tmp_path: Path) -> None:
    honest, lying = opened(tmp_path / "honest"), opened(tmp_path / "lying")
    one = witness(tmp_path, honest)
    honest.refresh()
    lying.refresh()
    signed = honest.grow(entries(3))
    cosigned_checkpoint(honest, signed.head, signed.note, (one,), 1)
    forged = lying.grow([b"another past\n", *entries(4, 1)])
    again = witness(tmp_path, honest)
    with pytest.raises(WitnessRefused, match="keep both as proof of a fork"):
        again.cosign(3, lying.consistency(3, 5), forged.note)
    with pytest.raises(QuorumMissing, match="only 0 of 1"):
        cosigned_checkpoint(lying, forged.head, forged.note, (again,), 1)
    assert again.known_size(ORIGIN) == 3


def test_a_shorter_log_is_refused_and_says_that_entries_were_lost(tmp_path: Path) -> None:
    honest, shorter = opened(tmp_path / "honest"), opened(tmp_path / "shorter")
    one = witness(tmp_path, honest)
    honest.refresh()
    shorter.refresh()
    signed = honest.grow(entries(3))
    cosigned_checkpoint(honest, signed.head, signed.note, (one,), 1)
    cut = shorter.grow(entries(2))
    with pytest.raises(QuorumMissing, match="lost entries"):
        cosigned_checkpoint(shorter, cut.head, cut.note, (one,), 1)


def test_a_witness_knows_its_logs_by_their_keys(tmp_path: Path) -> None:
    log = opened(tmp_path / "log")
    one = witness(tmp_path, log)
    head = Head(ORIGIN, 0, FullTree().root())
    with pytest.raises(WitnessRefused, match="is not its log's"):
        one.cosign(0, (), parse_note(sign_head(head, key(55))))
    stranger = Head("other.shilu/station", 0, FullTree().root())
    with pytest.raises(WitnessRefused, match="is not known here"):
        one.cosign(0, (), parse_note(sign_head(stranger, key(1))))


def test_the_quorum_counts_and_its_lack_names_each_reason(tmp_path: Path) -> None:
    log = opened(tmp_path / "log")
    log.refresh()
    signed = log.grow(entries(1))
    there = witness(tmp_path, log, 1)
    absent = HttpWitness(
        VerifierKey.of("absent.example", 0x04, key(9).public_key()), "http://127.0.0.1:1"
    )
    both = (there, absent)
    assert cosigned_checkpoint(log, signed.head, signed.note, both, 1)
    with pytest.raises(QuorumMissing, match=r"only 1 of 2 .*absent\.example.*start it"):
        cosigned_checkpoint(log, signed.head, signed.note, both, 2)


def test_a_witness_behind_http_says_the_same(tmp_path: Path) -> None:
    log = opened(tmp_path / "log")
    local = witness(tmp_path, log)
    server = server_for(local, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    far = HttpWitness(local.key, f"http://127.0.0.1:{server.server_address[1]}")
    try:
        log.refresh()
        grown = []
        for count in (2, 3):
            signed = log.grow(entries(count, log.size))
            checkpoint = cosigned_checkpoint(log, signed.head, signed.note, (far,), 1)
            check_cosignature(parse_note(checkpoint), local.key)
            grown.append(signed)
        with pytest.raises(Stale) as stale:
            far.cosign(1, (), grown[-1].note)
        assert stale.value.known_size == 5
        forged = sign_head(Head(ORIGIN, 6, bytes(32)), key(1))
        with pytest.raises(WitnessRefused, match="422"):
            far.cosign(5, (), parse_signed_head(forged).note)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    with pytest.raises(WitnessUnreachable, match="does not answer"):
        far.cosign(5, (), grown[-1].note)


@given(st.binary(max_size=200))
def test_strange_requests_to_a_witness_are_malformed(body: bytes) -> None:
    for prefix in (b"", b"old 3\n", b"old 3\n\n"):
        try:
            parse_add_checkpoint(prefix + body)
        except Malformed:
            continue


def test_a_request_to_a_witness_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.refresh()
    note = log.grow(entries(7)).note
    proof = log.consistency(3, 7)
    assert parse_add_checkpoint(add_checkpoint_bytes(3, proof, note)) == (3, proof, note)
