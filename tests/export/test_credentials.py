"""A clear film with Content Credentials, read by the C2PA library itself; and what it misses."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import c2pa
import pytest

from recorder.evidence.canonical import decode
from recorder.evidence.head import parse_signed_head
from recorder.evidence.record import Segment, parse_record
from recorder.evidence.words import CHAIN_FILE, digest
from tests.devices.studio import Desk, clicking, interleave, numbered
from tests.verify.conftest import enrolled
from tests.verify.court import codes, judged
from tests.verify.station import NOON
from uplink.programs import station
from uplink.station.authority.ca import Authority
from uplink.station.package.credentials import ASSERTION, Sealed, write_credentialed
from uplink.station.package.credentials_paper import (
    NotCredentialed,
    clip_papers,
    without_credentials,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.export.conftest import Exported

FREE = (1 << 20).to_bytes(4, "big") + b"free" + bytes((1 << 20) - 8)


@pytest.fixture(scope="module")
def clip(honest: Exported) -> bytes:
    """The first film of the package, as the station's command writes it."""
    out = honest.folder / "clip.mp4"
    settings = str(honest.dock.station_folder / "station.toml")
    asked = ["credentials", str(honest.package), "--recording", "1", "--out", str(out)]
    assert station.main(["--config", settings, *asked]) == 0
    return out.read_bytes()


def read(film: bytes, root: Path) -> c2pa.Reader:
    anchors = {"trust": {"trust_anchors": root.read_text(encoding="ascii")}}
    return c2pa.Reader("video/mp4", io.BytesIO(film), context=c2pa.Context.from_dict(anchors))


def state(film: bytes, honest: Exported) -> str | None:
    found = read(film, honest.dock.station_folder / "ca/identity.pem").get_validation_state()
    return None if found is None else str(found)


def stated(film: bytes, honest: Exported) -> dict[str, Any]:
    manifest = read(film, honest.dock.station_folder / "ca/identity.pem").get_active_manifest()
    assert manifest is not None
    found: dict[str, Any] = next(
        one["data"] for one in manifest["assertions"] if one["label"] == ASSERTION
    )
    return found


def test_the_reader_trusts_it_under_the_agencys_root(clip: bytes, honest: Exported) -> None:
    assert state(clip, honest) == "Trusted"
    manifest = read(clip, honest.dock.station_folder / "ca/identity.pem").get_active_manifest()
    assert "digitalCapture" in json.dumps(manifest)


def test_under_another_root_it_is_valid_and_not_trusted(clip: bytes, tmp_path: Path) -> None:
    other = Authority.make("baofeng-mz", "identity root", NOON).papers()
    (tmp_path / "root.pem").write_bytes(other.certificate)
    assert str(read(clip, tmp_path / "root.pem").get_validation_state()) == "Valid"


def test_it_carries_its_record_and_the_head_after_it(clip: bytes, honest: Exported) -> None:
    said = stated(clip, honest)
    record = parse_record(said["record"].encode())
    assert isinstance(record.body, Segment)
    assert parse_signed_head(said["head"].encode()).head.size == record.seq + 1
    log = (honest.package / "data/unit/log/000001.jsonl").read_bytes()
    assert said["record"].encode() in log


def test_without_its_credentials_it_is_the_sealed_film(clip: bytes, honest: Exported) -> None:
    sealed = decode(stated(clip, honest)["record"].rstrip("\n").encode())
    assert isinstance(sealed, dict)
    film = without_credentials(clip)
    assert film != clip
    assert f'"clear":{{"length":{len(film)},"sha256":"{digest(film)}"}}' in json.dumps(
        sealed, separators=(",", ":"), sort_keys=True
    )


def test_a_changed_picture_is_invalid(clip: bytes, honest: Exported) -> None:
    changed = bytearray(clip)
    changed[-100] ^= 1
    assert state(bytes(changed), honest) == "Invalid"


def test_a_lost_fragment_is_invalid(clip: bytes, honest: Exported) -> None:
    assert state(clip[: clip.rindex(b"moof") - 4], honest) == "Invalid"


@pytest.mark.parametrize(
    "edit", [lambda film: film + FREE, lambda film: film.replace(b"iso5", b"iso6", 1)]
)
def test_what_the_credentials_miss_the_record_shows(
    clip: bytes,
    honest: Exported,
    edit: Any,  # noqa: ANN401 - bytes to bytes
) -> None:
    """The standard leaves `free` and `ftyp` out of its digest; `docs/station.md` says so."""
    changed = edit(clip)
    assert state(changed, honest) == "Trusted"
    assert digest(without_credentials(changed)) not in stated(changed, honest)["record"]


def test_a_film_of_the_unit_s_muxer_comes_back_to_the_byte(tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)  # the C2PA library asks the machine's clock
    desk = Desk()
    desk.feed(interleave(numbered(60), clicking(2.0), 0))
    desk.end()
    film = b"".join(piece.data for piece in desk.files[0])
    (tmp_path / "film.mp4").write_bytes(film)
    root = Authority.make("baofeng-mz", "identity root", now)
    (tmp_path / "root.pem").write_bytes(root.papers().certificate)
    papers = root.clips("baofeng-mz", now)
    sealed = Sealed("baofeng-mz.shilu/BF-0007", b"{}\n", b"head\n")
    write_credentialed(tmp_path / "film.mp4", tmp_path / "out.mp4", sealed, papers)
    signed = (tmp_path / "out.mp4").read_bytes()
    assert without_credentials(signed) == film
    assert str(read(signed, tmp_path / "root.pem").get_validation_state()) == "Trusted"


def test_what_is_no_film_takes_none_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    papers = Authority.make("baofeng-mz", "identity root", NOON).clips("baofeng-mz", NOON)
    with pytest.raises(NotCredentialed):
        write_credentialed(
            tmp_path / "film.mp4", tmp_path / "out.mp4", Sealed("o", b"", b""), papers
        )
    assert not (tmp_path / "out.mp4").exists()


def test_without_the_authoritys_key_it_says_what_to_bring(tmp_path: Path) -> None:
    with pytest.raises(NotCredentialed, match="bring it there once"):
        clip_papers(tmp_path, "baofeng-mz", NOON)


def test_the_papers_of_clips_cannot_pass_for_a_units() -> None:
    scene = enrolled()
    clips = Authority(scene.station.root, scene.station.root_key).clips("baofeng-mz", NOON)
    scene.unit.files[CHAIN_FILE] = clips.certificate
    scene.unit.record(2)
    files = scene.station.package(scene.unit)
    assert "CERTIFICATE_FORM" in codes(judged(files, scene.station.trust()))
