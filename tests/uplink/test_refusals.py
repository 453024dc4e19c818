"""What is not as it was sealed gets no receipt, is kept, and its sentence reaches the unit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence.head import Head, sign_head
from recorder.evidence.record import Ending
from recorder.evidence.words import (
    base64_bytes,
    blocks_of,
    digest,
    heads_file,
    log_file,
    media_file,
    side_file,
)
from tests.uplink.dock import Dock
from tests.verify.unit import Unit
from uplink.station.store.incoming import Part, WrongDigest, WrongPlace
from uplink.wire.messages import OfferedFile

if TYPE_CHECKING:
    from pathlib import Path


def docked(tmp_path: Path, unit: Unit | None = None) -> Dock:
    dock = Dock(tmp_path, unit)
    dock.enrol()
    dock.unit.boot()
    dock.unit.record(1, 1)
    return dock


def flip(dock: Dock, name: str, at: int) -> None:
    data = bytearray(dock.unit.files[name])
    data[at] ^= 1
    dock.unit.files[name] = bytes(data)


def kept(dock: Dock) -> dict[str, str]:
    """The files in quarantine, with their reasons."""
    folder = dock.layout.quarantine("baofeng-mz", dock.unit.number)
    reasons = [json.loads(path.read_text()) for path in folder.glob("*/reason.json")]
    return {reason["file"]: reason["sentence"] for reason in reasons}


@pytest.mark.parametrize("name", [media_file(1, 1), side_file(1, 1), blocks_of(media_file(1, 1))])
def test_a_damaged_file_is_kept_aside_and_its_segment_gets_no_receipt(
    tmp_path: Path, name: str
) -> None:
    dock = docked(tmp_path)
    flip(dock, name, -1)
    dock.dock()
    dock.bring_home()
    assert name in kept(dock)
    assert name in dock.courier.refused
    assert "digest" in kept(dock)[name]
    assert name not in dock.receipted_files()
    assert media_file(1, 2) in dock.receipted_files()


def test_a_mended_file_comes_home_at_the_next_start(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    whole = dock.unit.files[media_file(1, 1)]
    flip(dock, media_file(1, 1), 1000)
    dock.dock()
    dock.bring_home()
    dock.unit.files[media_file(1, 1)] = whole
    dock.dock()
    dock.bring_home()
    assert dock.courier.home
    assert sorted(dock.receipted_files()) == sorted(dock.sealed())


def test_a_seal_over_other_clear_text_is_refused_though_all_cipher_digests_fit(
    tmp_path: Path,
) -> None:
    dock = docked(tmp_path)
    dock.unit.start()
    dock.unit.fragment_bytes = 100
    wrong = Unit(seed=99)
    wrong.station_key = wrong.station_key.of(bytes(31) + b"\1")
    dock.unit.station_key, right = wrong.station_key, dock.unit.station_key
    dock.unit.segment(2, 1, 1, Ending.STOP)
    dock.unit.station_key = right
    dock.dock()
    dock.bring_home()
    assert "does not decrypt" in dock.courier.refused[media_file(2, 1)]
    assert media_file(2, 1) in kept(dock)


def test_a_record_that_states_another_digest_than_its_files_earns_no_receipt(
    tmp_path: Path,
) -> None:
    dock = docked(tmp_path)
    other = digest(b"other bytes")
    dock.unit.seal_as = lambda seal: replace(seal, media=replace(seal.media, sha256=other))
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert "are not those of the record" in dock.courier.refused[media_file(2, 1)]
    assert media_file(2, 1) in kept(dock)
    assert media_file(2, 1) not in dock.receipted_files()
    assert media_file(1, 2) in dock.receipted_files()


def test_a_head_signed_by_another_key_stops_the_log_there(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    heads = dock.unit.files[heads_file(1)].split(b"\n")
    size, root = int(heads[-5]), base64_bytes(heads[-4].decode())
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    forged = sign_head(Head(dock.unit.origin, size, root), stranger)
    dock.unit.files[heads_file(1)] = b"\n".join(heads[:-6]) + b"\n" + forged
    dock.dock()
    dock.bring_home()
    assert f"record {size - 1} of" in dock.courier.refused[log_file(1)]
    assert not dock.receipted_files()


def test_a_log_that_was_rewritten_after_it_was_verified_is_a_fork_and_both_heads_are_kept(
    tmp_path: Path,
) -> None:
    dock = docked(tmp_path)
    dock.dock()
    dock.bring_home()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    # The same keys go on from the first recording in another way: a copied card.
    twin = docked(tmp_path, Unit(seed=1))
    twin.unit.record(2)
    twin.spool.folder = twin.folder = tmp_path / "copied"
    twin.dock()
    twin.bring_home()
    assert "is not the one that the station verified" in twin.courier.refused[log_file(1)]
    folder = twin.layout.quarantine("baofeng-mz", twin.unit.number)
    ours = next(folder.glob("*/ours.head")).read_text()
    theirs = next(folder.glob("*/theirs.head")).read_text()
    assert ours.splitlines()[:2] == theirs.splitlines()[:2]
    assert ours != theirs
    assert log_file(1) in kept(twin)


def test_a_unit_that_nobody_enrolled_is_refused_with_the_remedy(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.unit.boot()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert "enrol it before it docks" in dock.courier.refused[log_file(1)]
    assert not dock.archived()


def test_epochs_that_the_enrolled_identity_did_not_sign_are_refused(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    dock.unit.identity = Unit(seed=77).identity
    dock.unit.boot()
    dock.dock()
    dock.bring_home()
    assert "is not signed by the identity key" in dock.courier.refused[log_file(1)]


def test_a_disk_that_gives_back_other_bytes_earns_no_receipt(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    spoilt = media_file(1, 1)

    def spoil(name: str) -> None:
        synced = dock.layout.incoming("baofeng-mz", dock.unit.number) / spoilt
        if name == "admit: before 2 (read back)" and synced.exists():
            synced.write_bytes(synced.read_bytes()[:-1] + b"?")

    dock.step = spoil
    dock.dock()
    dock.bring_home()
    assert "its digest is not the one of the record" in dock.courier.refused[spoilt]
    assert spoilt in kept(dock)
    assert spoilt not in dock.receipted_files()
    assert spoilt not in dock.archived()


def test_a_part_whose_bytes_are_not_the_offered_ones_is_never_called_complete(
    tmp_path: Path,
) -> None:
    part = Part(tmp_path / "part", OfferedFile(media_file(1, 1), 3, digest(b"abc")))
    part.write(0, memoryview(b"abx"))
    assert part.complete
    with pytest.raises(WrongDigest, match="and ba7816bf8f01cfea"):
        part.check_digest()
    part.close()


def test_a_chunk_that_leaves_a_hole_or_goes_beyond_the_end_is_not_written(tmp_path: Path) -> None:
    part = Part(tmp_path / "part", OfferedFile(media_file(1, 1), 3, digest(b"abc")))
    part.write(0, memoryview(b"a"))
    for offset, data in ((2, b"c"), (0, b"a"), (1, b"bcd")):
        with pytest.raises(WrongPlace) as wrong:
            part.write(offset, memoryview(data))
        assert wrong.value.expected == 1
    part.close()
    assert (tmp_path / "part").read_bytes() == b"a"


def test_another_units_log_under_this_name_is_refused(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    other = Unit(seed=3, number="BF-0008")
    other.station_key = dock.unit.station_key
    other.boot()
    other.record(1)
    own_chain = dock.unit.files["identity/chain.pem"]
    dock.unit.files = {**other.files, "identity/chain.pem": own_chain}
    dock.dock()
    dock.bring_home()
    assert "BF-0008" in dock.courier.refused[log_file(1)]
    assert not dock.receipted_files()


def test_a_self_made_certificate_is_refused(tmp_path: Path) -> None:
    dock = docked(tmp_path)
    other = Dock(tmp_path / "elsewhere", Unit(seed=1))
    other.enrol()
    dock.unit.files["identity/chain.pem"] = other.unit.files["identity/chain.pem"]
    dock.dock()
    dock.bring_home()
    assert "does not lead to the agency's root" in " ".join(dock.courier.refused.values())
    assert not dock.receipted_files()
