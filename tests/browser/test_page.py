"""What the page is: one small file without a network; and what a person sees on it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import TRUST
from tests.browser.keep_in_step import PAGE, in_step
from uplink.station.package import viewer as shipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Laid
    from tests.browser.viewer import Viewer

MOST_BYTES = 200_000
REACHES_OUT = re.compile(
    r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|eval|Worker)\b"
    r"|\binnerHTML\b|\bouterHTML\b|\binsertAdjacentHTML\b|document\.write|\bimport\s*\("
    r"|<script[^>]+src=|<link\b|@import|url\((?!#hatch)|localStorage|indexedDB|document\.cookie"
)


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_it_is_in_step_with_the_verifier_and_its_policy() -> None:
    assert text() == in_step(text()), "run: python -m tests.browser.keep_in_step"


def test_it_is_one_small_file_that_reaches_for_nothing() -> None:
    assert len(text().encode()) < MOST_BYTES
    assert REACHES_OUT.findall(text()) == []


def test_its_policy_refuses_every_connection() -> None:
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text())
    assert found is not None
    rules = dict(rule.strip().split(" ", 1) for rule in found[1].split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["form-action"] == "'none'"
    assert "unsafe" not in found[1]


def test_the_station_ships_these_bytes() -> None:
    assert shipped.page() == PAGE.read_bytes()


@pytest.mark.slow
def test_it_asks_the_network_for_nothing(viewer: Viewer, laid: Callable[[str], Laid]) -> None:
    vector = laid("honest-opened")
    viewer.check(vector.package, vector.trust, vector.key)
    asked = [each["request"]["url"] for each in viewer.page.of("Network.requestWillBeSent")]
    assert asked
    assert {re.split("[:/]", url)[0] for url in asked} <= {"file", "blob", "data"}
    assert viewer.page.of("Runtime.exceptionThrown") == []
    assert viewer.page.of("Log.entryAdded") == []


@pytest.mark.slow
def test_five_lines_are_said_in_chinese_and_at_a_press_in_english(
    viewer: Viewer, laid: Callable[[str], Laid]
) -> None:
    viewer.check(laid("flipped-byte").package, TRUST)
    assert viewer.texts(".lines .axis") == ["内容", "连续", "来源", "时间", "经手"]
    assert viewer.texts(".lines .word") == ["不通过", "通过", "通过", "通过", "通过"]
    assert viewer.text(".closing").startswith("本结果只说明文件是否被改动及其来源")
    viewer.page.press("#switch")
    assert viewer.texts(".lines .word") == ["failed", "passed", "passed", "passed", "passed"]
    assert viewer.page.value("document.documentElement.lang") == "en"


@pytest.mark.slow
def test_the_second_that_differs_stands_on_the_timeline(
    viewer: Viewer, laid: Callable[[str], Laid]
) -> None:
    said = viewer.check(laid("flipped-byte").package, TRUST)
    changed = next(each for each in said["findings"] if each["code"] == "FILE_CHANGED")
    second = changed["second_ms"] // 1000
    assert f"{second // 60:02d}:{second % 60:02d}" in viewer.texts("svg text.damage")
    assert len(viewer.texts("svg .seg.touched")) == 1


@pytest.mark.slow
def test_gaps_marks_and_the_notice_are_drawn(viewer: Viewer, laid: Callable[[str], Laid]) -> None:
    said = viewer.check(laid("honest-day").package, TRUST)
    card = "document.querySelectorAll('.recording svg[role=img] %s').length"
    drawn = {each: viewer.page.value(card % each) for each in (".gap", ".mark", ".heard")}
    heard = sum(each["heard"] for each in said["notice"])
    assert drawn == {".gap": len(said["gaps"]), ".mark": len(said["marks"]), ".heard": heard}
    assert said["gaps"]


@pytest.mark.slow
def test_a_copy_of_the_page_in_the_package_is_named_with_its_digest(
    viewer: Viewer, laid: Callable[[str], Laid]
) -> None:
    package = laid("honest").package
    (package / "verify.html").write_bytes(shipped.page())
    line = f"{hashlib.sha256(shipped.page()).hexdigest()}  verify.html\n"
    with (package / "tagmanifest-sha256.txt").open("a") as tags:
        tags.write(line)
    assert viewer.check(package, TRUST)["exit"] == 0
    shown = "".join(viewer.texts("td")).replace(" ", "")
    assert hashlib.sha256(shipped.page()).hexdigest() in shown


@pytest.mark.slow
def test_a_folder_of_two_packages_is_refused_with_their_names(
    viewer: Viewer, laid: Callable[[str], Laid], tmp_path: Path
) -> None:
    laid("honest")
    laid("flipped-byte")
    viewer.choose_folder(tmp_path)
    viewer.page.until("document.body.dataset.state === 'failed'")
    assert "honest" in viewer.text("#trouble")
    assert "flipped-byte" in viewer.text("#trouble")
    assert viewer.page.value("document.getElementById('go').disabled") is True


@pytest.mark.slow
def test_a_hostile_name_is_shown_as_letters(viewer: Viewer, laid: Callable[[str], Laid]) -> None:
    package = laid("honest").package
    (package / "data" / "<img src=x onerror=alert(1)>\u202e").write_bytes(b"")
    said = viewer.check(package, TRUST)
    names = [each.get("file") for each in said["findings"] if each["code"] == "BAG_UNLISTED"]
    assert names == ["data/<img src=x onerror=alert(1)>\\u202e"]
    assert viewer.page.value("document.querySelectorAll('#result img').length") == 0
    assert viewer.page.of("Runtime.exceptionThrown") == []
