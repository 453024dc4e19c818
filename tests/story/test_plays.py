"""A browser plays the films as they are, sound and picture; and the demo's page is used by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SHILU = Path(sys.executable).with_name("shilu")
PLAYS = """new Promise(done => {
  const film = document.createElement('video');
  const end = () => done({error: film.error && film.error.message, at: film.currentTime,
    width: film.videoWidth, seconds: film.duration, sound: film.webkitAudioDecodedByteCount});
  film.onerror = end;
  film.ontimeupdate = () => { if (film.currentTime > 1.5) { film.pause(); end(); } };
  film.src = ADDRESS; film.play();
})"""


@pytest.fixture(scope="module")
def browser(
    need: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chromium]:
    with Chromium(need("chromium"), tmp_path_factory.mktemp("browser") / "profile") as chromium:
        yield chromium


def test_the_story_told_by_hand_in_its_page_ends_with_films_that_play(
    browser: Chromium, tmp_path: Path
) -> None:
    """Somebody clicks the drawn button: press, mark, hold; and looks at the films afterwards."""
    demo = subprocess.Popen(
        [SHILU, "demo", "--by-hand", "--out", tmp_path / "out"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert demo.stdout is not None
        address = demo.stdout.readline().rsplit(" ", 1)[1].strip()
        page = browser.page()
        page.open(address)

        def step(number: int, state: str) -> None:
            page.until(f"document.querySelector('#step{number}.{state}')")

        def hold(seconds: float) -> None:
            page.value("document.getElementById('button').dispatchEvent(new Event('pointerdown'))")
            time.sleep(seconds)  # a finger, on a real button
            page.value("window.dispatchEvent(new Event('pointerup'))")

        step(4, "running")
        hold(0.1)
        step(6, "running")
        hold(0.1)
        step(9, "running")
        hold(0.1)
        page.until("document.getElementById('caption').textContent.includes('标记')")
        hold(2.3)
        step(14, "ok")
        page.until("document.querySelectorAll('#films video').length >= 3")
        films = page.value("[...document.querySelectorAll('#films video')].map(v => v.src)")
        for film in films:
            played = page.value(PLAYS.replace("ADDRESS", json.dumps(film)))
            assert played["error"] is None, film
            assert played["at"] > 1.5, film
            assert played["width"] == 1280
            assert played["sound"] > 0
        lines = page.value("document.getElementById('honest').textContent").splitlines()
        assert [line.split()[1] for line in lines[:5]] == ["通过"] * 5
        assert "不通过" in page.value("document.getElementById('changed').textContent")
        page.ask("Page.close")  # who looks away ends the demo
        said, _ = demo.communicate(timeout=60)
        assert demo.returncode == 0, said
    finally:
        demo.kill()
        demo.communicate()
