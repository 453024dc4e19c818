"""Is a segment what its record says? Bytes, digest, decryption, clear digest, fragments, standing.

It streams, in constant memory, and never keeps clear text. Each check raises SegmentRefused with
the file and the reason. A film that was read back while it came (`openers`) is not read again: its
facts are compared. For others the digests of a piece as it lies are made by a second thread while
this one opens the same piece: the hashes let go of the interpreter, so two cores share the work.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from recorder.evidence.age import SEALED_CHUNK, Decryptor, Identity, decrypt
from recorder.evidence.errors import EvidenceError
from recorder.evidence.fragments import FragmentHasher
from recorder.evidence.note import VerifierKey, parse_note
from recorder.evidence.receipt import FiledFile
from recorder.evidence.record import SealedFile, SealedMedia, Segment, Tail
from recorder.evidence.standing import Standing, check_standing, parse_standing
from recorder.evidence.words import EMPTY_DIGEST, blocks_of
from uplink.station.store.incoming import file_digest
from uplink.station.store.reading import BLOCK_BYTES, CipherDigests, Facts

_PIECE_BYTES = 4 * BLOCK_BYTES
_TAIL_MAX_BYTES = 256 * 1024
_BLOCKS_LINE_MAX = 96
_OTHER_BYTES = "its length and digest are not those of the record"
_OTHER_CLEAR = "its clear text is not the one of the record"
_OTHER_FRAGMENTS = "its fragments are not those of the record"


class SegmentRefused(Exception):
    """A file of a segment that is not what its record says."""

    def __init__(self, file: str, sentence: str) -> None:
        super().__init__(sentence)
        self.file = file


def unread(_path: Path) -> Facts | None:
    """Know of no film that was read back while it came."""
    return None


def unheard() -> None:
    """Let nobody know that a piece was read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the bytes of a segment's files lie, and which keys open them.

    `facts_of` tells what a film is that was read back already and opened; None for any other.
    `moved` hears of each piece that is read.
    """

    path_of: Callable[[str], Path]
    identities: tuple[Identity, ...]
    facts_of: Callable[[Path], Facts | None] = unread
    moved: Callable[[], None] = unheard


def files_of(segment: Segment) -> tuple[FiledFile, ...]:
    """Return the files of a segment with the digests of its record, sorted by name."""
    media, side = segment.media, segment.side
    files = [FiledFile(media.file, media.sha256), FiledFile(side.file, side.sha256)]
    if media.blocks_sha256 is not None:
        files.append(FiledFile(blocks_of(media.file), media.blocks_sha256))
    files.extend(FiledFile(t.file, t.sha256) for t in (media.tail, side.tail) if t is not None)
    return tuple(sorted(files, key=lambda one: one.file))


def clear_film(segment: Segment, opened: Opened) -> Iterator[bytes]:
    """Yield a segment's film, decrypted, and check it. Raise SegmentRefused."""
    film = _Film(segment.media, opened, None)
    yield from film.clear()
    film.check()


def check_segment(
    segment: Segment, opened: Opened, standing_key: Callable[[int], VerifierKey]
) -> None:
    """Check every file of a segment against its record. Raise SegmentRefused.

    `standing_key` gives the key of an epoch that may have signed the segment's standing.
    """
    standing = _standing(segment, standing_key)
    blocks = _small(segment.media.file, blocks_of(segment.media.file), opened)
    if segment.media.blocks_sha256 != hashlib.sha256(blocks).hexdigest():
        raise SegmentRefused(
            blocks_of(segment.media.file), "its digest is not the one of the record"
        )
    facts = opened.facts_of(opened.path_of(segment.media.file))
    if standing is None and segment.media.complete and facts is not None:
        _check_facts(segment.media, facts, blocks)
    else:
        _check_film(segment.media, opened, standing, blocks)
    side_prefix = None if standing is None else (standing.side.length, standing.side.sha256)
    side = _Film(segment.side, opened, side_prefix)
    for _clear in side.clear():
        pass
    side.check()


def _check_facts(media: SealedMedia, facts: Facts, blocks: bytes) -> None:
    """Compare what was read back with the record, in the order of `_check_film`."""
    if (facts.length, facts.sha256) != (media.length, media.sha256):
        raise SegmentRefused(media.file, _OTHER_BYTES)
    if (facts.clear_length, facts.clear_sha256) != (media.clear.length, media.clear.sha256):
        raise SegmentRefused(media.file, _OTHER_CLEAR)
    _check_blocks(media.file, blocks, facts.blocks)
    if (facts.fragments, facts.root) != (media.fragments.count, media.fragments.root):
        raise SegmentRefused(media.file, _OTHER_FRAGMENTS)


def _check_film(
    media: SealedMedia, opened: Opened, standing: Standing | None, blocks: bytes
) -> None:
    fragments = FragmentHasher()
    prefix = None if standing is None else (standing.media.length, standing.media.sha256)
    film = _Film(media, opened, prefix)
    for clear in film.clear():
        _feed(fragments, clear, media.file)
    film.check()
    _check_blocks(media.file, blocks, film.block_digests)
    _check_fragments(media, fragments)


class _Film:
    """One encrypted file, streamed once: cipher digest, block digests, clear digest."""

    def __init__(
        self, sealed: SealedMedia | SealedFile, opened: Opened, prefix: tuple[int, str] | None
    ) -> None:
        self._sealed = sealed
        self._opened = opened
        self._prefix = prefix
        self._prefix_digest = hashlib.sha256()
        self._prefix_left = 0 if prefix is None else prefix[0]
        self._cipher = CipherDigests()
        self._clear = hashlib.sha256()
        self._clear_bytes = 0

    @property
    def block_digests(self) -> list[str]:
        """The digests of the blocks that were streamed."""
        return self._cipher.blocks

    def clear(self) -> Iterator[bytes]:
        """Yield the clear text that the record speaks of."""
        try:
            for clear in self._all_clear():
                self._clear.update(clear)
                self._clear_bytes += len(clear)
                yield clear
        except EvidenceError as error:
            path = self._opened.path_of(self._sealed.file)
            if file_digest(path) != self._sealed.sha256:
                raise SegmentRefused(
                    self._sealed.file, "its digest is not the one of the record"
                ) from error
            raise SegmentRefused(self._sealed.file, f"it does not decrypt: {error}") from error

    def check(self) -> None:
        """Raise SegmentRefused unless everything that was streamed fits the record."""
        sealed = self._sealed
        if (self._cipher.length, self._cipher.sha256) != (sealed.length, sealed.sha256):
            raise SegmentRefused(sealed.file, _OTHER_BYTES)
        if (self._clear_bytes, self._clear.hexdigest()) != (
            sealed.clear.length,
            sealed.clear.sha256,
        ):
            raise SegmentRefused(sealed.file, _OTHER_CLEAR)
        if self._prefix is not None and self._prefix_digest.hexdigest() != self._prefix[1]:
            raise SegmentRefused(sealed.file, "it does not begin as its signed standing says")

    def _all_clear(self) -> Iterator[bytes]:
        if self._sealed.complete:
            decryptor = Decryptor(self._opened.identities)
            for piece in self._cipher_pieces():
                yield decryptor.feed(piece)
            yield decryptor.finish()
            return
        tail = self._sealed.tail
        whole = self._sealed.clear.length if tail is None else tail.offset
        yield from self._cut_clear(min(whole, self._sealed.clear.length))
        if tail is not None and whole <= self._sealed.clear.length:
            rest = self._tail_clear(tail)
            yield rest[: self._sealed.clear.length - whole]

    def _cut_clear(self, limit: int) -> Iterator[bytes]:
        """Yield the first `limit` clear bytes of a file that was cut off."""
        decryptor, left = Decryptor(self._opened.identities), limit
        for piece in self._cipher_pieces():
            for start in range(0, len(piece), SEALED_CHUNK):
                if left:
                    # One chunk at a time: what lies behind the standing may be damaged.
                    clear = decryptor.feed(piece[start : start + SEALED_CHUNK])[:left]
                    left -= len(clear)
                    yield clear
        if left:
            yield decryptor.finish_cut().clear[:left]

    def _tail_clear(self, tail: Tail) -> bytes:
        data = _small(tail.file, tail.file, self._opened)
        if (len(data), hashlib.sha256(data).hexdigest()) != (tail.length, tail.sha256):
            raise SegmentRefused(tail.file, _OTHER_BYTES)
        return decrypt(data, self._opened.identities)

    def _cipher_pieces(self) -> Iterator[bytes]:
        """Yield the file as it lies; each piece has its digests before the next one is read."""
        path = self._opened.path_of(self._sealed.file)
        with ThreadPoolExecutor(1) as beside, path.open("rb", buffering=0) as file:
            while piece := file.read(_PIECE_BYTES):
                digests = beside.submit(self._take_digests, piece)
                yield piece
                digests.result()
                self._opened.moved()

    def _take_digests(self, piece: bytes) -> None:
        self._cipher.take(piece)
        self._prefix_digest.update(piece[: self._prefix_left])
        self._prefix_left -= min(self._prefix_left, len(piece))


def _standing(segment: Segment, standing_key: Callable[[int], VerifierKey]) -> Standing | None:
    media, side = segment.media, segment.side
    if segment.standing is None:
        for sealed in (media, side):
            if not sealed.complete and (sealed.clear.length, sealed.clear.sha256) != (
                0,
                EMPTY_DIGEST,
            ):
                raise SegmentRefused(sealed.file, "it was cut off, and no signed standing says how")
        return None
    try:
        note = segment.standing.encode()
        _origin, epoch, _unchecked = parse_standing(parse_note(note).text)
        standing = check_standing(note, epoch, standing_key(epoch))
    except EvidenceError as error:
        raise SegmentRefused(media.file, f"its standing is refused: {error}") from error
    stated = (standing.media.clear, standing.media.fragments, standing.media.tail)
    same = stated == (media.clear, media.fragments, media.tail)
    if not same or (standing.side.clear, standing.side.tail) != (side.clear, side.tail):
        raise SegmentRefused(media.file, "its record does not say what its signed standing says")
    return standing


def _small(blamed: str, file: str, opened: Opened) -> bytes:
    path = opened.path_of(file)
    most = _TAIL_MAX_BYTES
    if file.endswith(".blocks"):
        size = opened.path_of(blamed).stat().st_size
        most = (size // BLOCK_BYTES + 2) * _BLOCKS_LINE_MAX
    if path.stat().st_size > most:
        raise SegmentRefused(file, f"it is longer than the {most} bytes that such a file may have")
    return path.read_bytes()


def _check_blocks(file: str, blocks: bytes, digests: Sequence[str]) -> None:
    lines = blocks.decode("ascii", "replace").splitlines()
    if [line.partition(" ")[2] for line in lines] != list(digests):
        raise SegmentRefused(blocks_of(file), "its digests are not those of the encrypted file")


def _check_fragments(media: SealedMedia, fragments: FragmentHasher) -> None:
    try:
        count, root = fragments.finish() if media.complete else fragments.finish_cut()
    except EvidenceError as error:
        raise SegmentRefused(media.file, f"its film is broken: {error}") from error
    if (count, root.hex()) != (media.fragments.count, media.fragments.root):
        raise SegmentRefused(media.file, _OTHER_FRAGMENTS)


def _feed(fragments: FragmentHasher, clear: bytes, file: str) -> None:
    try:
        fragments.feed(clear)
    except EvidenceError as error:
        raise SegmentRefused(file, f"its film is broken: {error}") from error
