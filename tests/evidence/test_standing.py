"""Standings: what still counts when custody is cut off in the middle of a segment."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.evidence.errors import BadSignature, EvidenceError, Malformed
from recorder.evidence.note import ED25519, VerifierKey
from recorder.evidence.record import SealedFile, SealedMedia, Segment, Tail
from recorder.evidence.standing import (
    Standing,
    check_standing,
    parse_standing,
    sign_standing,
    standing_text,
)
from recorder.evidence.words import digest, tail_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    Keys = Callable[[int], Ed25519PrivateKey]

ORIGIN = "baofeng-mz.shilu/BF-0007"


@pytest.fixture
def standing(segment: Segment) -> Standing:
    def cut(file: SealedMedia | SealedFile) -> Tail:
        return Tail(tail_of(file.file), 300, digest(b"tail"), 65_536)

    media = replace(segment.media, blocks_sha256=None, complete=False, tail=cut(segment.media))
    side = replace(segment.side, complete=False, tail=cut(segment.side))
    return Standing(12, 3, media, side, segment.span)


@pytest.fixture
def key(signing_key: Keys) -> VerifierKey:
    return VerifierKey.of(ORIGIN, ED25519, signing_key(1).public_key())


def test_a_standing_comes_back(standing: Standing) -> None:
    text = standing_text(ORIGIN, 7, standing)
    assert text.startswith(f"shilu/1 standing\n{ORIGIN}\n7\n" + '{"media":{')
    assert parse_standing(text) == (ORIGIN, 7, standing)


def test_a_signed_standing_speaks_for_its_epoch_only(
    standing: Standing, key: VerifierKey, signing_key: Keys
) -> None:
    note = sign_standing(ORIGIN, 7, standing, signing_key(1))
    assert check_standing(note, 7, key) == standing
    with pytest.raises(Malformed, match="not of epoch 8"):
        check_standing(note, 8, key)
    with pytest.raises(BadSignature, match="not signed"):
        check_standing(sign_standing(ORIGIN, 7, standing, signing_key(2)), 7, key)
    other = "baofeng-mz.shilu/BF-0008"
    with pytest.raises(Malformed, match="BF-0008"):
        check_standing(sign_standing(other, 7, standing, signing_key(1)), 7, key)


def test_a_standing_describes_open_files_of_its_segment(
    standing: Standing, segment: Segment
) -> None:
    for wrong in (
        replace(standing, media=segment.media),
        replace(standing, media=replace(standing.media, blocks_sha256=digest(b""))),
        replace(standing, side=segment.side),
        replace(standing, segment=4),
    ):
        with pytest.raises(Malformed):
            standing_text(ORIGIN, 7, wrong)
    with pytest.raises(Malformed, match="epoch 0"):
        standing_text(ORIGIN, 0, standing)
    with pytest.raises(Malformed, match="station's log"):
        standing_text("baofeng-mz.shilu/station", 7, standing)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text.replace("shilu/1", "shilu/2"),
        lambda text: text.replace("\n7\n", "\n07\n"),
        lambda text: text.replace("\n7\n", "\n0\n"),
        lambda text: text.replace("BF-0007", "station"),
        lambda text: text.replace('{"media":', '{"extra":1,"media":'),
        lambda text: text.replace('"recording":12', '"recording":true'),
        lambda text: text.replace('"recording":12', '"recording":"\ud800"'),
    ],
)
def test_what_is_not_a_standing_is_refused(
    change: Callable[[str], str], standing: Standing
) -> None:
    with pytest.raises(Malformed):
        parse_standing(change(standing_text(ORIGIN, 7, standing)))


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_of_standings(text: str) -> None:
    for candidate in (text, f"shilu/1 standing\n{ORIGIN}\n7\n{text}\n"):
        with contextlib.suppress(EvidenceError):
            parse_standing(candidate)
