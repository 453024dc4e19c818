"""The demo as its user meets it: one command, then stock tools on what it leaves."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.age import Identity, decrypt
from recorder.evidence.record import Segment, parse_record
from recorder.evidence.sidecar import Officers, parse_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SHILU = Path(sys.executable).with_name("shilu")
STEPS = 14


def shilu(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SHILU, *map(str, words)], capture_output=True, text=True, check=False, timeout=200
    )


@dataclass(frozen=True)
class Told:
    """One telling of the demo, shared by the tests of this page; none of them changes it."""

    out: Path
    said: str

    @property
    def story(self) -> list[dict[str, object]]:
        steps: list[dict[str, object]] = json.loads((self.out / "story.json").read_text())
        return steps

    def segments(self) -> Iterator[Segment]:
        for log in sorted((self.out / "package/data/unit/log").glob("*.jsonl")):
            for line in log.read_bytes().splitlines(keepends=True):
                body = parse_record(line).body
                if isinstance(body, Segment):
                    yield body

    def verdict(self, package: Path) -> tuple[int, dict[str, object]]:
        ran = shilu("verify", package, "--trust", self.out / "trust.toml", "--json")
        return ran.returncode, json.loads(ran.stdout)

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.out / "package", to / "package"))


@pytest.fixture(scope="module", params=["embedded", "mosquitto"])
def told(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    need: Callable[[str], Path],
) -> Told:
    if request.param == "mosquitto":
        need("mosquitto")
    out = tmp_path_factory.mktemp(f"demo-{request.param}") / "out"
    ran = shilu("demo", "--headless", "--out", out, "--broker", request.param)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    return Told(out, ran.stdout)


def test_every_step_came_out_within_two_minutes(told: Told) -> None:
    assert [step["ok"] for step in told.story] == [True] * STEPS
    assert all(step["expected"] and step["seen"] for step in told.story)
    assert sum(float(str(step["seconds"])) for step in told.story) < 120


def test_each_kill_cost_at_most_a_second_of_pictures(told: Told) -> None:
    (export,) = [str(step["seen"]) for step in told.story if step["name"] == "export"]
    lost = dict(re.findall(r"(capture|custody) (\d+) ms", export))
    assert set(lost) == {"capture", "custody"}
    assert all(int(ms) <= 1000 for ms in lost.values())


def test_the_honest_package_passes_on_all_five(told: Told) -> None:
    code, verdict = told.verdict(told.out / "package")
    axes = verdict["axes"]
    assert isinstance(axes, dict)
    assert code == 0
    assert {axis["word"] for axis in axes.values()} == {"proven"}
    assert len(axes) == 5


def test_stock_age_opens_what_the_record_states(told: Told, need: Callable[[str], Path]) -> None:
    whole = [s for s in told.segments() if s.media.complete]
    assert whole
    for segment in whole:
        for sealed in (segment.media, segment.side):
            opened = subprocess.run(
                [need("age"), "-d", "-i", told.out / "station.agekey",
                 told.out / "package/data/unit" / sealed.file],
                capture_output=True, check=True,
            )  # fmt: skip
            assert sha256(opened.stdout).hexdigest() == sealed.clear.sha256


def test_stock_ffprobe_finds_no_fault_in_any_film(told: Told, need: Callable[[str], Path]) -> None:
    films = sorted((told.out / "clear").glob("*.mp4"))
    assert len(films) == sum(1 for _ in told.segments())
    for film in films:
        probe = subprocess.run(
            [need("ffprobe"), "-v", "error", "-show_entries", "stream=codec_name",
             "-count_frames", "-of", "json", film],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert probe.stderr == ""
        streams = json.loads(probe.stdout)["streams"]
        assert [stream["codec_name"] for stream in streams] == ["h264", "aac"]


def test_one_changed_byte_is_named_with_its_second(told: Told, tmp_path: Path) -> None:
    package = told.copy(tmp_path)
    film = min((package / "data/unit/media").glob("*.mp4.age"))
    content = bytearray(film.read_bytes())
    content[len(content) // 2] ^= 1
    film.write_bytes(content)
    code, verdict = told.verdict(package)
    findings = verdict["findings"]
    assert isinstance(findings, list)
    named = [f for f in findings if f.get("file", "").endswith(film.name) and "second_ms" in f]
    assert code == 2
    assert any(f["from_byte"] <= len(content) // 2 < f["to_byte"] for f in named)


def test_every_file_of_the_package_is_missed(told: Told, tmp_path: Path) -> None:
    package = told.copy(tmp_path)
    for path in sorted(p for p in package.rglob("*") if p.is_file()):
        kept = tmp_path / "aside"
        path.rename(kept)
        code, verdict = told.verdict(package)
        name = path.relative_to(package).as_posix()
        assert code == 2, name
        assert path.name in json.dumps(verdict["findings"], ensure_ascii=False), name
        kept.rename(path)


def test_swapped_and_truncated_films_are_named(told: Told, tmp_path: Path) -> None:
    package = told.copy(tmp_path)
    first, second = sorted((package / "data/unit/media").glob("*.mp4.age"))[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    code, verdict = told.verdict(package)
    findings = json.dumps(verdict["findings"])
    assert code == 2
    assert first.name in findings
    assert second.name in findings
    first.write_bytes(one[:-1000])
    second.write_bytes(other)
    code, verdict = told.verdict(package)
    assert code == 2
    assert first.name in json.dumps(verdict["findings"])


def test_the_demo_package_is_of_a_bench_unit_and_says_so(told: Told) -> None:
    log = (told.out / "package/data/unit/log/000001.jsonl").read_text()
    assert '"unit_kind":"bench"' in log


def test_every_recording_names_its_two_officers_inside_and_only_counts_them_outside(
    told: Told,
) -> None:
    key = Identity.parse((told.out / "station.agekey").read_text().split()[-1])
    first = [
        segment for segment in told.segments() if segment.segment == 1 and segment.side.complete
    ]
    assert first
    for segment in first:
        sealed = (told.out / "package/data/unit" / segment.side.file).read_bytes()
        _, entries = parse_side(decrypt(sealed, [key]))
        (officers,) = [entry for _, entry in entries if isinstance(entry, Officers)]
        assert officers == Officers(("张三", "李四"), ("41042101", "41042102"))
    logs = (told.out / "package/data/unit/log").glob("*.jsonl")
    assert all(
        '"officers":2' in log for log in (path.read_text() for path in logs) if "start" in log
    )


def test_no_name_and_no_place_stands_in_the_clear_on_the_card(told: Told) -> None:
    for path in (told.out / "work/unit/spool").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert "张三".encode() not in content, path
            assert b"lat_e7" not in content, path
