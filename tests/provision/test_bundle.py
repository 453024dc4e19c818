"""A support bundle is for engineers: no footage, no keys, and it refuses rather than leak."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from config.command import main
from config.provision.bundle import Subject, bundle
from config.words import ConfigRefused
from tests.verify.conftest import enrolled

if TYPE_CHECKING:
    from pathlib import Path

KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"
AGE = "AGE-SECRET-KEY-1QQQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQS"


@pytest.fixture
def unit(tmp_path: Path) -> Subject:
    """Return a unit that has recorded, with its keys beside its spool."""
    scene = enrolled()
    scene.unit.record(4, 2)
    state, settings = tmp_path / "state", tmp_path / "settings"
    for name, data in scene.unit.files.items():
        path = state / "spool" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (state / "keys").mkdir()
    (state / "keys" / "identity.pem").write_text(KEY)
    (state / "keys" / "next-epoch-key.0").write_text('{"epoch":2,"key":"' + "ab" * 32 + '"}')
    (state / "papers").mkdir()
    (state / "papers" / "tls.key").write_text(KEY)
    settings.mkdir()
    (settings / "unit.toml").write_text('number = "BF-0007"\n')
    (settings / "wifi.key").write_text("passphrase")
    return Subject(settings, state)


def contents(packed: bytes) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            found[entry.name.removeprefix("shilu-support/")] = file.read()
    return found


def test_it_has_the_log_the_settings_and_every_file_by_name(unit: Subject) -> None:
    found = contents(bundle(unit, "2026-11-21T08:00:00Z"))
    assert set(found) == {
        "versions.json", "files.txt", "settings/unit.toml", "log/000001.jsonl", "log/000001.heads",
    }  # fmt: skip
    assert json.loads(found["versions.json"])["made"] == "2026-11-21T08:00:00Z"
    listed = found["files.txt"].decode()
    assert "keys/identity.pem" in listed
    assert "spool/media/000001-0001.mp4.age" in listed


def test_no_piece_of_footage_and_no_key_is_in_it(unit: Subject) -> None:
    everything = b"".join(contents(bundle(unit, "")).values())
    secret = [unit.state / "keys", unit.state / "papers", unit.state / "spool" / "media",
              unit.state / "spool" / "side"]  # fmt: skip
    files = [path for folder in secret for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 6
    for path in files:
        data = path.read_bytes()
        for at in range(0, len(data), 4096):
            assert data[at : at + 24] not in everything, path
    assert b"passphrase" not in everything


def test_what_else_lies_beside_the_log_stays_where_it_is(unit: Subject) -> None:
    (unit.state / "spool" / "log" / "note.txt").write_text("the party's name")
    assert "log/note.txt" not in contents(bundle(unit, ""))


@pytest.mark.parametrize("leak", [KEY, AGE, "age-encryption.org/v1\n-> X25519", "\0\0\0\x18ftyp"])
@pytest.mark.parametrize("place", ["log", "settings", "engineers"])
def test_what_got_where_it_does_not_belong_stops_it(unit: Subject, leak: str, place: str) -> None:
    path = {
        "log": unit.state / "spool" / "log" / "000001.jsonl",
        "settings": unit.settings / "unit.toml",
        "engineers": unit.state / "conductor.log",
    }[place]
    with path.open("a") as out:
        out.write(leak)
    subject = Subject(unit.settings, unit.state, (unit.state / "conductor.log",))
    (unit.state / "conductor.log").touch()
    with pytest.raises(ConfigRefused, match="nothing was packed"):
        bundle(subject, "")


def test_the_command_writes_one_file_that_others_cannot_read(unit: Subject, tmp_path: Path) -> None:
    out = tmp_path / "b.tar.gz"
    words = ["support-bundle", "--config", unit.settings, "--state", unit.state, "--to", out]
    assert main([str(word) for word in words]) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert "versions.json" in contents(out.read_bytes())
