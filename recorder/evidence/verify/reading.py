"""Each file of the package is read once: its digest, and with a key what is inside, together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.package import UNIT, read_whole
from recorder.evidence.record import SealedMedia
from recorder.evidence.verify.opening import Opened, Opener, outcome, second_of_damage

if TYPE_CHECKING:
    from recorder.evidence.age import Identity
    from recorder.evidence.package import PackageFiles
    from recorder.evidence.record import SealedFile
    from recorder.evidence.verify.opening import Damage


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to read: what seals it, if anything, and a prefix (bytes) to digest besides."""

    name: str
    sealed: SealedMedia | SealedFile | None = None
    prefix_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What reading a file showed. `unreadable` is a sentence if it could not be read."""

    name: str
    size: int = 0
    sha256: str = ""
    prefix_sha256: str | None = None
    opened: Opened | None = None
    unreadable: str = ""


# Like the built-in map; a caller with threads gives one that works on several files at once.
Spread: TypeAlias = Callable[[Callable[[Wanted], Seen], Sequence[Wanted]], Iterable[Seen]]


class Reader:
    """Reads files; safe to be called for several files at once if `files` is."""

    def __init__(self, files: PackageFiles, identities: Sequence[Identity]) -> None:
        self._files = files
        self._identities = tuple(identities)

    def read(self, wanted: Wanted) -> Seen:
        """Give what the file shows; it never raises for what lies in it."""
        try:
            return self._read(wanted)
        except Malformed as error:
            return Seen(wanted.name, unreadable=str(error))

    def _read(self, wanted: Wanted) -> Seen:
        whole, prefix, size = hashlib.sha256(), None, 0
        opening = self._opening(wanted)
        for block in self._files.read(wanted.name):
            before, size = size, size + len(block)
            if wanted.prefix_bytes is not None and before < wanted.prefix_bytes <= size:
                prefix_hash = whole.copy()
                prefix_hash.update(block[: wanted.prefix_bytes - before])
                prefix = prefix_hash.hexdigest()
            whole.update(block)
            opening.feed(block)
        opened = opening.finish(size)
        if opened is not None and opened.damage is not None:
            opened = self._with_second(wanted, opened, opened.damage)
        return Seen(wanted.name, size, whole.hexdigest(), prefix, opened)

    def _opening(self, wanted: Wanted) -> _Opening:
        if wanted.sealed is None or not self._identities:
            return _Opening(None)
        tail = b""
        if wanted.sealed.tail is not None:
            tail = read_whole(self._files, UNIT + wanted.sealed.tail.file)
        return _Opening(Opener(wanted.sealed, self._identities, tail))

    def _with_second(self, wanted: Wanted, opened: Opened, damage: Damage) -> Opened:
        if not isinstance(wanted.sealed, SealedMedia):
            return opened  # a sidecar has no fragments, and no second in it
        blocks = self._files.read(wanted.name)
        sealed = wanted.sealed.fragments.count
        seconds = second_of_damage(blocks, self._identities, sealed)
        return replace(opened, damage=replace(damage, media_seconds=seconds))


class _Opening:
    """An opener that remembers its first trouble, so that the digest still gets every byte."""

    def __init__(self, opener: Opener | None) -> None:
        self._opener = opener
        self._error: EvidenceError | None = None

    def feed(self, block: bytes) -> None:
        if self._opener is None or self._error is not None:
            return
        try:
            self._opener.feed(block)
        except EvidenceError as error:
            self._error = error

    def finish(self, size: int) -> Opened | None:
        if self._opener is None:
            return None
        try:
            if self._error is None:
                return self._opener.finish()
        except EvidenceError as error:
            self._error = error
        return outcome(self._error, size)
