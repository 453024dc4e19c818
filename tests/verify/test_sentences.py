"""What a verdict says: each language by itself, closed words translated, free text quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.canonical import decode, line
from recorder.evidence.causes import GapSource, InterruptCause
from recorder.evidence.moment import ClockSource
from recorder.evidence.package import PACKAGE_JSON
from recorder.evidence.record import ClockStep, Ending, StartCause, UnitKind
from recorder.evidence.verdict import Axis, Language, Wording
from recorder.evidence.verify.closed_words import (
    CLOCKS,
    GAP_SOURCES,
    INTERRUPTIONS,
    STATEMENTS,
)
from recorder.evidence.verify.codes import Code
from recorder.evidence.verify.page import page_of
from tests.verify.conftest import enrolled
from tests.verify.court import first, judged
from tests.verify.forger import Forger

if TYPE_CHECKING:
    from tests.verify.conftest import Scene

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")
NAMES = re.compile(r"“[^”]*”|media/\S+|BF-0007|baofeng-mz(\.shilu/station)?|[0-9T:.-]+Z|[MGk]B")
"""What may stand in a Chinese sentence as it is: quoted text, files, identifiers, instants."""


def eventful(scene: Scene) -> Scene:
    """An interruption, a resumed recording, a gap and a clock step."""
    unit = scene.unit
    number = unit.start()
    unit.segment(number, 1, 2, Ending.INTERRUPTED)
    unit.gap(2000)
    unit.go_on(number, 2, 2.0)
    unit.say(ClockStep(-700, ClockSource.NTP, "step"))
    unit.clock.wrong_by_ms -= 700
    unit.go_on(unit.start(StartCause.RESUME, continues=number), 1, 2.0)
    return scene


def test_a_chinese_verdict_holds_no_english_but_quoted_words_and_names(scene: Scene) -> None:
    verdict = judged(eventful(scene).station.package(scene.unit), scene.station.trust())
    page = page_of(verdict, Language.ZH)
    assert {"INTERRUPTED", "GAP", "RESUMED", "CLOCK_STEP"} <= {f.code for f in verdict.findings}
    assert "被中断：采集程序中断。" in page
    assert "摄像头，“camera lost”" in page
    assert ENGLISH_WORD.findall(NAMES.sub("", page)) == []


def test_an_english_verdict_holds_no_chinese(scene: Scene) -> None:
    verdict = judged(eventful(scene).station.package(scene.unit), scene.station.trust())
    page = page_of(verdict, Language.EN)
    assert "was interrupted: the capture process was lost." in page
    assert "the camera, “camera lost”" in page
    assert CHINESE.findall(page) == []


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (GapSource, GAP_SOURCES),
        (InterruptCause, INTERRUPTIONS),
        (ClockSource, CLOCKS),
        ({"size", "origin"}, STATEMENTS),
    ],
)
def test_every_closed_word_has_its_words_in_both_languages(
    words: set[str], table: dict[str, Wording]
) -> None:
    assert set(table) == set(words)
    for wording in table.values():
        assert CHINESE.search(wording.zh)
        assert not ENGLISH_WORD.search(wording.zh)
        assert not CHINESE.search(wording.en)


@pytest.mark.parametrize("code", Code, ids=lambda code: code.name)
def test_both_sentences_of_a_code_say_the_same_facts(code: Code) -> None:
    braces = re.compile(r"\{(\w+)\}")
    assert set(braces.findall(code.value.zh)) == set(braces.findall(code.value.en))
    assert CHINESE.search(code.value.zh)
    assert not CHINESE.search(code.value.en)


def test_the_five_lines_name_the_agency_by_its_identifier(scene: Scene) -> None:
    scene.unit.record(2)
    files = scene.station.package(scene.unit)
    known = judged(files, scene.station.trust())
    assert "BF-0007（baofeng-mz，在册" in page_of(known, Language.ZH)
    assert "unit BF-0007 (baofeng-mz, known" in page_of(known, Language.EN)


def test_what_a_statement_gets_wrong_is_named_in_the_language_of_the_sentence(
    scene: Scene,
) -> None:
    scene.unit.record(2)
    forger = Forger(scene.station.package(scene.unit))
    statement = decode(forger.files[PACKAGE_JSON].rstrip(b"\n"))
    assert isinstance(statement, dict)
    forger.files[PACKAGE_JSON] = line({**statement, "size": 3})
    verdict = judged(forger.handed_over(), scene.station.trust())
    said = first(verdict, "PACKAGE_DISAGREES").wording
    assert "（记录条数）：说明为 3，" in said.zh
    assert "states size 3" in said.en


@pytest.mark.parametrize("kind", UnitKind)
def test_a_bench_is_called_one_in_the_line_that_names_the_unit(kind: UnitKind) -> None:
    scene = enrolled()
    scene.unit.shut_down()
    scene.unit.kind = kind
    scene.unit.boot()
    scene.unit.record(2)
    verdict = judged(scene.station.package(scene.unit), scene.station.trust())
    because = verdict.axes[Axis.IDENTITY].because
    assert ("试验台" in because.zh) is (kind is UnitKind.BENCH)
    assert ("a bench" in because.en) is (kind is UnitKind.BENCH)
