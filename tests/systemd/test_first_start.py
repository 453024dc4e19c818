"""A blank card, and what may be wrong with it: one spoken sentence, the lamp and the journal."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.systemd.conftest import ROOT, spoken

if TYPE_CHECKING:
    from tests.systemd.conftest import Unit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(480)]
LISTED = tomllib.loads((ROOT / "config" / "prompts" / "prompts.toml").read_text("utf-8"))["prompt"]
SENTENCES = {entry["id"]: entry["text"] for entry in LISTED}


@pytest.mark.parametrize("clip", ["setup.none", "setup.partition", "setup.broken", "setup.enroll"])
def test_a_first_start_that_is_not_whole_says_why_by_voice_lamp_and_journal(
    unit: Unit, clip: str
) -> None:
    said = unit.first_starts[clip]
    assert SENTENCES[clip] in said.journal
    played = spoken(clip)
    assert said.voice[: len(played)] == played
    assert not any(said.voice[len(played) :]), "filled up with silence to a whole period"
    assert said.lamp == ("none" if clip == "setup.enroll" else "heartbeat")
