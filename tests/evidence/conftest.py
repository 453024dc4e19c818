"""What the evidence tests share: fixed keys, a repeatable random source, one honest segment."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recorder.evidence.moment import ClockSource, Moment
from recorder.evidence.record import (
    Clear,
    Ending,
    Fragments,
    InterruptCause,
    SealedFile,
    SealedMedia,
    Segment,
    Span,
)
from recorder.evidence.words import digest, media_file, side_file

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = "baofeng-mz.shilu/BF-0007"


class Dice:
    """Bytes that look random and are the same in every run."""

    def __init__(self, seed: bytes) -> None:
        self._state = hashlib.sha256(seed).digest()

    def __call__(self, count: int) -> bytes:
        """Give the next `count` bytes."""
        drawn = hashlib.shake_256(self._state).digest(count + 32)
        self._state = drawn[:32]
        return drawn[32:]


@pytest.fixture
def dice() -> Dice:
    return Dice(b"evidence")


@pytest.fixture
def signing_key() -> Callable[[int], Ed25519PrivateKey]:
    return lambda number: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


@pytest.fixture
def at() -> Moment:
    return Moment(3_600_120, "2026-11-21T10:05:33.120Z", ClockSource.GPS, 50)


@pytest.fixture
def media() -> SealedMedia:
    return SealedMedia(
        file=media_file(12, 3),
        length=700_000,
        sha256=digest(b"film, encrypted"),
        blocks_sha256=digest(b"blocks"),
        complete=True,
        clear=Clear(699_000, digest(b"film")),
        fragments=Fragments(121, digest(b"fragments")),
    )


@pytest.fixture
def side() -> SealedFile:
    return SealedFile(
        file=side_file(12, 3),
        length=900,
        sha256=digest(b"side, encrypted"),
        complete=True,
        clear=Clear(500, digest(b"side")),
    )


@pytest.fixture
def segment(media: SealedMedia, side: SealedFile) -> Segment:
    span = Span(3_540_000, 3_599_967, 1800, 2_880_000)
    return Segment(12, 3, Ending.TURN, InterruptCause.NONE, media, side, span)
