"""Twenty seconds are shown and proven; the rest stays closed; an edited excerpt fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from recorder.evidence.age import Identity
from recorder.evidence.canonical import line
from recorder.evidence.errors import BadProof, Malformed
from recorder.evidence.excerpt import check_part, parse_excerpt, segment_of
from recorder.evidence.fragments import FragmentHasher
from recorder.programs import verify
from tests.verify.conftest import enrolled
from tests.verify.court import MemoryFiles
from tests.verify.forger import HEADS, LOG
from uplink.programs import station
from uplink.station.package.excerpt import Cut, NoExcerpt, write_excerpt

if TYPE_CHECKING:
    from pathlib import Path

    from recorder.evidence.excerpt import Excerpt
    from tests.export.conftest import Exported

FIRST, SECOND = "000001-0001.mp4", "000001-0002.mp4"


def key_of(honest: Exported) -> tuple[Identity, ...]:
    text = (honest.folder / "station.agekey").read_text(encoding="ascii")
    return tuple(Identity.parse(each) for each in text.splitlines() if each.startswith("AGE"))


@pytest.fixture
def shown(honest: Exported, tmp_path: Path) -> Path:
    """Seconds 1 to 2.2 of a recording of 2 s and 1 s: both segments, not the first second."""
    write_excerpt(honest.package, key_of(honest), Cut(1, 1400, 2200), tmp_path / "shown")
    return tmp_path / "shown"


def asked(honest: Exported, shown: Path, language: str = "en") -> int:
    trust = ["--trust", str(honest.folder / "trust.toml"), "--lang", language]
    excerpt = ["--excerpt", str(shown / "excerpt.json")]
    return verify.main([str(shown / "package"), *trust, *excerpt])


def stated(shown: Path) -> Excerpt:
    return parse_excerpt((shown / "excerpt.json").read_bytes())


def test_the_seconds_asked_for_are_shown_and_proven(
    honest: Exported, shown: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(honest, shown) == 0
    out = capsys.readouterr().out
    assert f"{FIRST}: 2/4 (3…4), #" in out
    assert f"{SECOND}: 1/2 (1…1), #" in out
    assert asked(honest, shown, "zh") == 0
    assert "节选  通过" in capsys.readouterr().out


def test_nothing_else_is_in_the_folder(shown: Path) -> None:
    files = {path.relative_to(shown).as_posix() for path in shown.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith("package/")} == {
        "excerpt.json",
        FIRST,
        SECOND,
    }
    assert not [name for name in files if "media" in name or name.endswith(".age")]
    hasher = FragmentHasher()
    hasher.feed((shown / FIRST).read_bytes())
    assert hasher.finish()[0] == 3  # the opening and two half seconds


def test_54_an_edited_excerpt_fails_and_names_the_fragment(
    honest: Exported, shown: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = bytearray((shown / FIRST).read_bytes())
    film[-1] ^= 1
    (shown / FIRST).write_bytes(film)
    assert asked(honest, shown) == 2
    assert f"Fragment 2 of {FIRST}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["000001-0003.mp4", "000001-0001.MP4"])
def test_a_film_that_lies_beside_the_proven_ones_is_not_passed_over(
    honest: Exported, shown: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (shown / name).write_bytes((shown / FIRST).read_bytes())
    assert asked(honest, shown) == 2
    assert f"{name} lies beside the excerpt" in capsys.readouterr().out


def test_an_excerpt_against_the_log_of_another_unit_fails(
    honest: Exported, shown: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = replace(stated(shown), origin="baofeng-mz.shilu/BF-0009")
    (shown / "excerpt.json").write_bytes(other.line())
    assert asked(honest, shown) == 2
    assert "BF-0009" in capsys.readouterr().out


def test_an_edited_log_fails_with_its_own_code(honest: Exported, shown: Path) -> None:
    log = next((shown / "package/data/unit/log").glob("*.jsonl"))
    log.write_bytes(log.read_bytes().replace(b'"officers":2', b'"officers":1'))
    assert asked(honest, shown) == 2


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        ("shifted", f"Fragment 1 of {FIRST}"),
        ("cut", f"{FIRST} has 2 fragments"),
        ("doubled", f"{FIRST} has 4 fragments"),
        ("exchanged", f"Fragment 1 of {FIRST}"),
        ("no film", f"{FIRST} is no film"),
        ("another record", f"not {FIRST}"),
        ("not there", "Record 10000 of the log seals no segment"),
        ("renamed", f"not {SECOND}"),
    ],
)
def test_whatever_is_done_to_the_seconds_shows(
    honest: Exported, shown: Path, capsys: pytest.CaptureFixture[str], deed: str, why: str
) -> None:
    excerpt, film = stated(shown), (shown / FIRST).read_bytes()
    part = excerpt.parts[0]
    hasher = FragmentHasher()
    hasher.feed(film)
    hasher.finish()
    opening, one, two = (film[leaf.start : leaf.end] for leaf in hasher.leaves)
    match deed:
        case "shifted":
            part = replace(part, first=part.first - 1)
        case "cut":
            film = opening + one
        case "doubled":
            film = opening + one + one + two
        case "exchanged":
            film = opening + two + one
        case "no film":
            film = b"\0\0\0\0moof"
        case "another record":
            part = replace(part, seq=part.seq + 1)
        case "not there":
            part = replace(part, seq=10_000)
        case _:
            part = replace(part, film=SECOND)
    (shown / FIRST).write_bytes(film)
    parts = (part, *excerpt.parts[1:])
    if deed == "renamed":
        (shown / FIRST).unlink()
    (shown / "excerpt.json").write_bytes(replace(excerpt, parts=parts).line())
    assert asked(honest, shown) == 2
    assert why in capsys.readouterr().out


GOOD: dict[str, Any] = {"film": FIRST, "first": 1, "proofs": [["ab" * 32], []], "seq": 6}

STATEMENT: dict[str, Any] = {
    "origin": "baofeng-mz.shilu/BF-0007",
    "parts": [GOOD],
    "type": "excerpt",
    "v": 1,
}


@pytest.mark.parametrize(
    "part",
    [
        [],
        {**GOOD, "more": 1},
        {**GOOD, "film": "../../etc/passwd"},
        {**GOOD, "film": "000001-0001.side"},
        {**GOOD, "film": "x.mp4"},
        {**GOOD, "film": "000001-0001.mp4.age.tail.mp4"},
        {**GOOD, "film": 1},
        {**GOOD, "first": 0},
        {**GOOD, "first": True},
        {**GOOD, "seq": -1},
        {**GOOD, "proofs": {}},
        {**GOOD, "proofs": [[]]},
        {**GOOD, "proofs": [1, []]},
        {**GOOD, "proofs": [["ab" * 32] * 65, []]},
        {**GOOD, "proofs": [["AB" * 32], []]},
        {**GOOD, "proofs": [["ab"], []]},
        {**GOOD, "proofs": [[1], []]},
    ],
)
def test_a_statement_that_is_none_is_refused(part: Any) -> None:  # noqa: ANN401 - JSON is any
    assert parse_excerpt(line(STATEMENT)).line() == line(STATEMENT)
    with pytest.raises(Malformed):
        parse_excerpt(line({**STATEMENT, "parts": [part]}))


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"v": True}, {"type": "package"}, {"origin": 1}, {"parts": []}, {"parts": 1},
     {"origin": "baofeng-mz.shilu/station"}, {"more": 1}],
)  # fmt: skip
def test_a_statement_of_something_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse_excerpt(line({**STATEMENT, **change}))
    with pytest.raises(Malformed):
        parse_excerpt(line(STATEMENT)[:-1])


def test_a_segment_counts_only_if_its_record_has_a_head() -> None:
    scene = enrolled()
    scene.unit.record(2)
    scene.unit.shut_down()
    scene.unit.boot()
    scene.unit.record(1)
    files = {**scene.station.package(scene.unit), "data/unit/media/strange": b""}
    seqs = [n for n, each in enumerate(scene.unit.lines) if b'"type":"segment"' in each]
    assert [segment_of(MemoryFiles(files), seq).recording for seq in seqs] == [1, 2]
    with pytest.raises(BadProof):
        segment_of(MemoryFiles(files), 0)
    torn = {**files, HEADS: b"".join(files[HEADS].splitlines(keepends=True)[: 5 * seqs[0]])}
    with pytest.raises(BadProof):
        segment_of(MemoryFiles(torn), seqs[0])
    short = {**files, LOG: b"".join(files[LOG].splitlines(keepends=True)[: seqs[0]])}
    with pytest.raises(BadProof):
        segment_of(MemoryFiles(short), seqs[0])
    part = parse_excerpt(
        line({"origin": scene.unit.origin, "parts": [GOOD], "type": "excerpt", "v": 1})
    ).parts[0]
    with pytest.raises(BadProof, match="seals media/000002-0001"):
        check_part(part, [], segment_of(MemoryFiles(files), seqs[1]))


# --- the station cuts it --------------------------------------------------------------------------


def test_what_cannot_be_cut_is_said(honest: Exported, tmp_path: Path, shown: Path) -> None:
    with pytest.raises(NoExcerpt, match="not empty"):
        write_excerpt(honest.package, key_of(honest), Cut(1, 0, 1000), shown)
    with pytest.raises(NoExcerpt, match="no pictures"):
        write_excerpt(honest.package, key_of(honest), Cut(1, 9000, 9500), tmp_path / "late")
    with pytest.raises(NoExcerpt, match="no pictures"):
        write_excerpt(honest.package, key_of(honest), Cut(7, 0, 500), tmp_path / "none")
    with pytest.raises(NoExcerpt, match="does not open"):
        write_excerpt(honest.package, (Identity.of(bytes(32)),), Cut(1, 0, 500), tmp_path / "key")


def test_the_station_cuts_it_by_command(
    honest: Exported, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(honest.dock.station_folder / "station.toml")]
    span = ["--recording", "1", "--from-s", "1", "--to-s", "2"]
    package, out = str(honest.package), str(tmp_path / "out")
    assert station.main([*config, "excerpt", package, *span, "--out", out]) == 0
    assert asked(honest, tmp_path / "out") == 0
    assert station.main([*config, "excerpt", package, *span, "--out", out]) == 1
    assert "choose a new folder" in capsys.readouterr().err


def test_a_film_that_power_cut_off_can_be_shown_too(honest: Exported, tmp_path: Path) -> None:
    excerpt = write_excerpt(honest.package, key_of(honest), Cut(2, 0, 500), tmp_path / "cut")
    assert [part.first for part in excerpt.parts] == [1]
    assert asked(honest, tmp_path / "cut") == 0


def test_an_excerpt_is_small_and_speaks_of_nothing_inside(honest: Exported, shown: Path) -> None:
    statement = json.loads((shown / "excerpt.json").read_bytes())
    assert set(statement) == {"origin", "parts", "type", "v"}
    films = sum(path.stat().st_size for path in shown.glob("*.mp4"))
    whole = sum(path.stat().st_size for path in honest.package.rglob("*.mp4.age"))
    assert films < whole
