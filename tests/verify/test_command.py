"""`shilu verify` on a real folder: exit codes, five lines, JSON, and no traceback ever."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.errors import Malformed
from recorder.evidence.package import UNIT
from recorder.evidence.words import heads_file
from recorder.programs.bag import FolderFiles
from recorder.programs.verify import main
from tests.verify.forger import FILM, Forger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.verify.conftest import Scene

CLOSING = "本结果只说明文件是否被改动及其来源，不判断执法行为是否合法，也不代替鉴定意见。"


class Desk:
    """A folder with a package, a trust file and a key."""

    def __init__(self, folder: Path, scene: Scene) -> None:
        self.folder = folder
        self.package = folder / "package"
        self.trust = folder / "trust.toml"
        self.key = folder / "station.agekey"
        self.trust.write_text(scene.station.trust_text(), encoding="utf-8")
        self.key.write_text(f"# the station\n\n{scene.unit.station_key.text()}\n")

    def lay_out(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            path = self.package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def ask(self, *more: str) -> int:
        return main([str(self.package), "--trust", str(self.trust), *more])


@pytest.fixture
def desk(tmp_path: Path, scene: Scene) -> Desk:
    scene.unit.record(2, 2)
    desk = Desk(tmp_path, scene)
    desk.lay_out(scene.station.package(scene.unit))
    return desk


def test_five_lines_in_chinese_and_the_closing_line(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.ask("--key", str(desk.key)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:2] for line in lines[:5]] == ["内容", "连续", "来源", "时间", "经手"]
    assert all("通过" in line for line in lines[:5])
    assert lines[-1] == CLOSING
    assert not any("真实" in line for line in lines)


def test_the_same_in_english(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.ask("--lang", "en") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:5]] == [
        "Content",
        "Completeness",
        "Identity",
        "Time",
        "Custody",
    ]
    assert lines[-1].startswith("This result only says")


def test_json_has_its_documented_keys(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    film = desk.package / FILM
    film.write_bytes(film.read_bytes()[:-9])
    assert desk.ask("--json") == 2
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {
        *("v", "exit", "origin", "recordings", "records", "bytes"),
        *("axes", "findings", "notice", "gaps", "marks"),
    }
    assert (told["exit"], told["axes"]["content"]["word"]) == (2, "disproved")
    cut = next(each for each in told["findings"] if each["code"] == "FILE_TRUNCATED")
    assert cut["file"] == FILM
    assert (cut["to_byte"] - cut["from_byte"], cut["second_ms"]) == (9, 0)


def test_a_head_from_outside_is_read(desk: Desk) -> None:
    heads = (desk.package / UNIT / heads_file(1)).read_bytes().splitlines(keepends=True)
    head = desk.folder / "qr.txt"
    head.write_bytes(b"".join(heads[-5:]))
    assert desk.ask("--head", str(head)) == 0
    head.write_bytes(b"no head")
    assert desk.ask("--head", str(head)) == 1


@pytest.mark.parametrize("also", [("--json",), ("--report", "out.pdf")])
def test_what_an_excerpt_does_not_go_with_is_said(
    desk: Desk, also: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.ask("--excerpt", "excerpt.json", *also) == 1
    assert "--excerpt prints text only" in capsys.readouterr().err


def test_a_link_in_the_package_is_never_followed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = desk.folder / "secret"
    secret.write_bytes((desk.package / FILM).read_bytes())
    (desk.package / FILM).unlink()
    (desk.package / FILM).symlink_to(secret)
    assert desk.ask("--lang", "en") == 2
    assert f"{FILM} cannot be read" in capsys.readouterr().out


def test_a_linked_folder_and_a_pipe_are_named(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk.package / "data/elsewhere").symlink_to(desk.folder)
    os.mkfifo(desk.package / "data/pipe")
    assert desk.ask("--lang", "en") == 2
    out = capsys.readouterr().out
    assert "data/elsewhere cannot be read" in out
    assert "data/pipe cannot be read: It is not a plain file." in out


def test_a_name_that_would_speak_to_the_terminal_is_spelt_out(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk.package / "data/a\x1b[2Jb").write_bytes(b"")
    os.close(os.open(os.fsencode(desk.package) + b"/data/\xff", os.O_CREAT))
    assert desk.ask() == 2
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "data/a\\x1b[2Jb" in out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_changed_byte_names_its_file(
    desk: Desk, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    forger = Forger({FILM: (desk.package / FILM).read_bytes()})
    forger.flip(FILM, 20_000)
    desk.lay_out(forger.files)
    assert desk.ask("--lang", lang, "--key", str(desk.key)) == 2
    assert FILM in capsys.readouterr().out


def test_a_folder_that_is_no_package_is_said_to_be_none(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.package = desk.folder / "empty"
    desk.package.mkdir()
    assert desk.ask() == 1
    assert "not an evidence package" in capsys.readouterr().err


def test_a_package_that_lost_everything_but_its_lists_is_examined(desk: Desk) -> None:
    for path in sorted((desk.package / "data").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert desk.ask() == 2


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: setattr(d, "package", d.folder / "none"), "cannot be listed"),
        (lambda d: setattr(d, "package", d.trust), "cannot be listed"),
        (lambda d: setattr(d, "trust", d.folder / "none"), "cannot be read"),
        (lambda d: d.trust.write_text("agency"), "not TOML"),
        (lambda d: d.trust.write_bytes(b"\xff"), "is not text"),
        (lambda d: d.trust.write_bytes(bytes(2 << 20)), "far too large"),
        (lambda d: d.key.write_text("# nothing\n"), "holds no key"),
        (lambda d: d.key.write_text("AGE-SECRET-KEY-1QQ\n"), ""),
    ],
)
def test_what_cannot_run_says_why_in_one_sentence(
    desk: Desk, capsys: pytest.CaptureFixture[str], spoil: Callable[[Desk], object], says: str
) -> None:
    spoil(desk)
    assert desk.ask("--key", str(desk.key)) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    "argv", [[], ["x"], ["x", "--trust"], ["x", "--trust", "y", "--lang", "fr"]]
)
def test_misuse_is_1_since_2_means_changed(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 1
    assert "--help" in capsys.readouterr().err


def test_a_folder_that_the_disk_does_not_give_is_named(desk: Desk) -> None:
    files = FolderFiles(desk.package)
    (desk.package / FILM).unlink()
    with pytest.raises(Malformed, match="cannot be opened"):
        files.size(FILM)
    with pytest.raises(Malformed, match="is not in the package"):
        files.size("data/none")
