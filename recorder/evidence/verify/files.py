"""Step 8: the sealed files are here, as long as sealed, with their digests; nothing else is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.package import PACKAGE_JSON, PAYLOAD, UNIT
from recorder.evidence.verdict import Place
from recorder.evidence.verify.codes import Code, found
from recorder.evidence.verify.damage import locate, read_film
from recorder.evidence.words import FileKind, blocks_of, parse_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from recorder.evidence.package import PackageFiles
    from recorder.evidence.record import SealedFile, SealedMedia, Segment
    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Kept, Ledger
    from recorder.evidence.verify.reading import Seen
    from recorder.evidence.verify.receipts import Receipts

LOG_KINDS = frozenset({FileKind.LOG, FileKind.HEADS, FileKind.RECEIPT, FileKind.CHAIN})


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that a segment record seals; `length` in bytes, None for `.blocks`."""

    name: str
    sha256: str
    length: int | None
    kept: Kept[Segment]
    recording_first_ms: int


def sealed_files(ledger: Ledger) -> Iterator[Sealed]:
    """Give every file that the package's recordings must have, in order."""
    for _, facts in sorted(ledger.recordings.items()):
        first_ms = facts.first_ms()
        for kept in (*facts.segments, *facts.behind_stop):
            media, side = kept.body.media, kept.body.side
            due: list[tuple[str, str, int | None]] = [
                (media.file, media.sha256, media.length),
                (blocks_of(media.file), media.blocks_sha256 or "", None),
                (side.file, side.sha256, side.length),
            ]
            due += [
                (tail.file, tail.sha256, tail.length)
                for tail in (media.tail, side.tail)
                if tail is not None
            ]
            for name, sha256, length in due:
                yield Sealed(UNIT + name, sha256, length, kept, first_ms)


def sealed_of(ledger: Ledger) -> dict[str, SealedMedia | SealedFile]:
    """Give name → seal of all encrypted films and sidecars."""
    sealed: dict[str, SealedMedia | SealedFile] = {}
    for kept in ledger.segments():
        sealed[UNIT + kept.body.media.file] = kept.body.media
        sealed[UNIT + kept.body.side.file] = kept.body.side
    return sealed


class FilesStep:
    """Compares the sealed files of the log with those of the package."""

    def __init__(
        self,
        files: PackageFiles,
        ledger: Ledger,
        seen: Mapping[str, Seen],
        receipts: Receipts,
        strays: Collection[str],
    ) -> None:
        """`strays` are named in step 1 already."""
        self._strays = strays
        self._files = files
        self._ledger = ledger
        self._seen = seen
        self._due = {sealed.name: sealed for sealed in sealed_files(ledger)}
        self._receipted = {
            filed.sha256
            for read in receipts.good
            if read.receipt.entry.log == ledger.origin
            for filed in read.receipt.entry.files
        }
        self._moved: set[str] = set()

    def findings(self) -> Iterator[Finding]:
        """Give all findings of this step."""
        for sealed in self._due.values():
            yield from self._one(sealed)
        yield from self._others()
        yield from self._releases()

    def _one(self, sealed: Sealed) -> Iterator[Finding]:
        seen = self._seen.get(sealed.name)
        if seen is None:
            yield self._absent(sealed)
        elif seen.unreadable or seen.sha256 == sealed.sha256:
            return
        elif self._owner(seen.sha256) is not None:
            yield found(Code.FILE_SWAPPED, Place(file=sealed.name), other=self._owner(seen.sha256))
        elif sealed.name.endswith(sealed.kept.body.media.file):
            film = read_film(self._files, sealed.kept.body, sealed.recording_first_ms)
            yield from locate(self._files, film, seen)
        else:
            yield self._changed(sealed, seen)

    def _changed(self, sealed: Sealed, seen: Seen) -> Finding:
        length = sealed.length
        second = sealed.kept.body.span.first_ms - sealed.recording_first_ms
        second_ms = second if sealed.kept.body.span.frames else None
        if length is None or seen.size == length:
            return found(Code.COMPANION_CHANGED, Place(file=sealed.name, second_ms=second_ms))
        if seen.size < length:
            return found(
                Code.FILE_TRUNCATED,
                Place(file=sealed.name, from_byte=seen.size, to_byte=length, second_ms=second_ms),
            )
        return found(Code.FILE_LONGER, Place(file=sealed.name, from_byte=length, to_byte=seen.size))

    def _absent(self, sealed: Sealed) -> Finding:
        place = Place(seq=sealed.kept.seq, file=sealed.name)
        for name, seen in self._seen.items():
            if seen.sha256 == sealed.sha256 and name not in self._due:
                self._moved.add(name)
                return found(Code.FILE_RENAMED, place, other=name)
        if self._was_released(sealed):
            return found(Code.FILE_RELEASED, place)
        if not sealed.kept.body.span.frames:
            return found(Code.FILE_MISSING, place)
        second_ms = sealed.kept.body.span.first_ms - sealed.recording_first_ms
        return found(Code.FILE_MISSING, Place(seq=place.seq, file=place.file, second_ms=second_ms))

    def _was_released(self, sealed: Sealed) -> bool:
        """Tell whether the log released the whole segment, and a receipt holds its film."""
        body = sealed.kept.body
        named = any(
            release.body.segment_seq == sealed.kept.seq
            and any(UNIT + file.file == sealed.name for file in release.body.files)
            for release in self._ledger.releases
        )
        return named and {body.media.sha256, body.side.sha256} <= self._receipted

    def _owner(self, sha256: str) -> str | None:
        owner = self._ledger.owners.get(sha256)
        if owner is not None:
            return UNIT + owner
        return next((due.name for due in self._due.values() if due.sha256 == sha256), None)

    def _others(self) -> Iterator[Finding]:
        for name, seen in sorted(self._seen.items()):
            expected = name in self._due or name in self._moved or name == PACKAGE_JSON
            expected = expected or name in self._strays
            if expected or not name.startswith(PAYLOAD) or _is_log(name):
                continue
            orphan = self._ledger.orphans.get(name.removeprefix(UNIT))
            if orphan is not None and orphan.sha256 == seen.sha256:
                yield found(Code.FILE_ORPHAN, Place(file=name))
            else:
                yield found(Code.FILE_FOREIGN, Place(file=name))

    def _releases(self) -> Iterator[Finding]:
        for release in self._ledger.releases:
            held = any(
                filed.seq < release.seq
                and filed.body.file == release.body.receipt
                and filed.body.size > release.body.segment_seq
                for filed in self._ledger.filed
            )
            if not held:
                yield found(Code.RELEASE_WITHOUT_RECEIPT, Place(seq=release.seq))


def _is_log(name: str) -> bool:
    try:
        return parse_file(name.removeprefix(UNIT)).kind in LOG_KINDS
    except Malformed:
        return False


def known_recordings(names: Iterable[str]) -> set[int]:
    """Give the recordings whose films or sidecars are in the package, by their names."""
    numbers = set()
    for name in names:
        try:
            numbers.add(parse_file(name.removeprefix(UNIT)).recording)
        except Malformed:
            continue
    return numbers - {0}
