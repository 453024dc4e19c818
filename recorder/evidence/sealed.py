"""What a seal says of a segment's files: lengths, digests, fragments and tails (§7.1, §8)."""

from dataclasses import dataclass
from typing import Annotated

from recorder.evidence.errors import Malformed
from recorder.evidence.shape import Count, Digest, Number
from recorder.evidence.words import FileKind, media_file, parse_file, side_file, tail_of


def check_media_name(file: str) -> None:
    """Raise Malformed unless `file` names an encrypted media file."""
    if parse_file(file).kind is not FileKind.MEDIA:
        raise Malformed(f"{file!r} does not name a media file.")


def check_side_name(file: str) -> None:
    """Raise Malformed unless `file` names an encrypted sidecar."""
    if parse_file(file).kind is not FileKind.SIDE:
        raise Malformed(f"{file!r} does not name a sidecar.")


@dataclass(frozen=True, slots=True)
class Clear:
    """Length in bytes and digest of the decrypted bytes."""

    length: Count
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Fragments:
    """How many fragments the film has, and the RFC 6962 root over them in hexadecimal."""

    count: Count
    root: Digest


@dataclass(frozen=True, slots=True)
class Tail:
    """The newest incomplete chunk of a file that was cut off, kept as a file of its own.

    `offset` is the first byte in the clear text that the tail replaces.
    """

    file: str
    length: Count
    sha256: Digest
    offset: Count


@dataclass(frozen=True, slots=True)
class Span:
    """CLOCK_BOOTTIME of the first and last picture, and how many pictures and samples."""

    first_ms: Count
    last_ms: Count
    frames: Count
    samples: Count


@dataclass(frozen=True, slots=True)
class SealedFile:
    """An encrypted sidecar as it lies; `complete` if its final chunk was written."""

    file: Annotated[str, check_side_name]
    length: Count
    sha256: Digest
    complete: bool
    clear: Clear
    tail: Tail | None = None

    def check(self) -> None:
        """Raise Malformed if the tail is not this file's."""
        _check_tail(self.file, self.tail, complete=self.complete)


@dataclass(frozen=True, slots=True)
class SealedMedia:
    """An encrypted film as it lies; a standing has no `blocks_sha256` yet."""

    file: Annotated[str, check_media_name]
    length: Count
    sha256: Digest
    blocks_sha256: Digest | None
    complete: bool
    clear: Clear
    fragments: Fragments
    tail: Tail | None = None

    def check(self) -> None:
        """Raise Malformed if the tail is not this file's."""
        _check_tail(self.file, self.tail, complete=self.complete)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an open segment stood at a sync (§8)."""

    recording: Number
    segment: Number
    media: SealedMedia
    side: SealedFile
    span: Span

    def check(self) -> None:
        """Raise Malformed if this is a sealed segment's, or another's, files."""
        check_files(self.recording, self.segment, self.media, self.side)
        if self.media.blocks_sha256 is not None or self.media.complete or self.side.complete:
            raise Malformed("A standing describes open files: not complete, without blocks.")


def check_files(recording: int, segment: int, media: SealedMedia, side: SealedFile) -> None:
    """Raise Malformed unless both files are of this segment."""
    if media.file != media_file(recording, segment) or side.file != side_file(recording, segment):
        raise Malformed(f"The files are not those of recording {recording}, segment {segment}.")


def _check_tail(file: str, tail: Tail | None, *, complete: bool) -> None:
    if tail is None:
        return
    if complete:
        raise Malformed(f"{file} is complete, and yet has a tail.")
    if tail.file != tail_of(file):
        raise Malformed(f"{tail.file!r} is not the tail of {file}.")
