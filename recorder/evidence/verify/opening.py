"""Step 9, first half: open a file with a key and measure what is inside, in one pass."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recorder.evidence.age import SEALED_CHUNK, Decryptor, decrypt
from recorder.evidence.errors import DamagedChunk, EvidenceError, Malformed, NotForUs
from recorder.evidence.fragments import FragmentHasher, Timescales, decode_seconds
from recorder.evidence.record import Clear, Fragments, SealedMedia
from recorder.evidence.sidecar import CommandNote, Officers, parse_side
from recorder.evidence.verify.fix_clock import FixClock, fix_clocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from recorder.evidence.age import Identity
    from recorder.evidence.record import SealedFile
    from recorder.evidence.sidecar import SideEntry, SideHeader

MOST_SIDE_BYTES = 64 << 20
# Half a second of film is far less; of a film with larger fragments the second is not searched.
MOST_FRAGMENT_BYTES = 16 << 20
# An honest sidecar carries one; the second says that it is none.
MOST_ORDERS = 2


@dataclass(frozen=True, slots=True)
class Damage:
    """The first chunk that does not authenticate; `media_seconds` into its file, if known."""

    from_byte: int
    to_byte: int
    media_seconds: float | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a key showed of one file; what could not be seen is None or empty."""

    clear: Clear | None = None
    fragments: Fragments | None = None
    side: SideHeader | None = None
    fits: bool = True
    fixes: tuple[FixClock, ...] = ()
    officers: Officers | None = None
    orders: tuple[str, ...] = ()
    damage: Damage | None = None
    trouble: str = ""
    inside: str = ""


class Measure:
    """Takes clear bytes as they come; digests them, and their fragments or lines."""

    __slots__ = (
        *("_clear", "_film", "_lines", "_most_fragments", "_most_side_bytes", "_trouble"),
        "length",
    )

    def __init__(self, fragments: int | None, most_side_bytes: int = MOST_SIDE_BYTES) -> None:
        """`fragments` are those that a film was sealed with, None for a sidecar."""
        self._most_fragments = fragments or 0
        self._most_side_bytes = most_side_bytes
        self._clear = hashlib.sha256()
        self._film = None if fragments is None else FragmentHasher()
        self._lines = bytearray()
        self._trouble = ""
        self.length = 0

    def take(self, clear: bytes) -> None:
        """Take the next clear bytes."""
        self.length += len(clear)
        self._clear.update(clear)
        if self._trouble:
            return
        try:
            if self._film is not None:
                self._film.feed(clear)
                check_count(self._film, self._most_fragments)
            else:
                self._lines += clear
        except Malformed as error:
            self._trouble = str(error)
        if len(self._lines) > self._most_side_bytes:
            self._trouble = f"It has more than {self._most_side_bytes} bytes."
            self._lines.clear()

    def opened(self, *, complete: bool) -> Opened:
        """Give what was measured."""
        clear = Clear(self.length, self._clear.hexdigest())
        if self._trouble:
            return Opened(clear=clear, inside=self._trouble)
        fragments = None
        try:
            if self._film is not None:
                count, root = self._film.finish() if complete else self._film.finish_cut()
                fragments = Fragments(count, root.hex())
            elif self.length:
                whole = bytes(self._lines if complete else _whole(self._lines))
                return _sidecar(clear, *parse_side(whole))
        except Malformed as error:
            return Opened(clear=clear, inside=str(error))
        return Opened(clear=clear, fragments=fragments)


def _sidecar(clear: Clear, header: SideHeader, entries: Sequence[tuple[int, SideEntry]]) -> Opened:
    bound = [entry for _, entry in entries if isinstance(entry, Officers)]
    notes = dict.fromkeys(entry.note for _, entry in entries if isinstance(entry, CommandNote))
    return Opened(
        clear=clear,
        side=header,
        fixes=fix_clocks(entries),
        officers=bound[0] if bound else None,
        orders=tuple(notes)[:MOST_ORDERS],
    )


def check_count(film: FragmentHasher, most_fragments: int) -> None:
    """Raise Malformed if a film has more fragments than were sealed; memory grows with them."""
    if film.count > most_fragments:
        raise Malformed(f"It has more than {most_fragments} fragments.")


def _whole(lines: bytearray) -> bytearray:
    """Leave out the line that a power cut left unfinished."""
    return lines[: lines.rfind(b"\n") + 1]


class Opener:
    """Opens one sealed file as its bytes come by."""

    __slots__ = ("_decryptor", "_identities", "_limit", "_measure", "_sealed", "_tail")

    def __init__(
        self, sealed: SealedMedia | SealedFile, identities: Sequence[Identity], tail: bytes
    ) -> None:
        """`tail` are the bytes of the tail file, empty if there is none."""
        self._sealed = sealed
        self._identities = identities
        self._tail = tail
        self._decryptor = Decryptor(identities)
        self._measure = Measure(sealed.fragments.count if isinstance(sealed, SealedMedia) else None)
        self._limit: int | None = None
        if not sealed.complete:
            self._limit = sealed.clear.length if sealed.tail is None else sealed.tail.offset

    def feed(self, block: bytes) -> None:
        """Take the next encrypted bytes; raises what the decryptor raises."""
        if self._limit is None:
            self._take(self._decryptor.feed(block))
            return
        view = memoryview(block)
        while view and self._measure.length < self._limit:
            # A chunk at a time: what lies behind the standing was never durable, and may be
            # anything after a power cut.
            self._take(self._decryptor.feed(view[:SEALED_CHUNK]))
            view = view[SEALED_CHUNK:]

    def finish(self) -> Opened:
        """Take the end of the file; raises what the decryptor raises."""
        if self._limit is None:
            self._take(self._decryptor.finish())
            return self._measure.opened(complete=True)
        if self._measure.length < self._limit:
            self._take(self._decryptor.finish_cut().clear)
        if self._tail:
            room = self._sealed.clear.length - self._measure.length
            self._measure.take(self._clear_tail()[:room])
        return self._measure.opened(complete=False)

    def _clear_tail(self) -> bytes:
        try:
            return decrypt(self._tail, self._identities)
        except DamagedChunk as error:  # its place is in the tail, not in the film
            raise Malformed(f"Its tail does not open: {error}") from error

    def _take(self, clear: bytes) -> None:
        if self._limit is not None:
            clear = clear[: self._limit - self._measure.length]
        if clear:
            self._measure.take(clear)


def outcome(error: EvidenceError, size: int) -> Opened:
    """Say what an error while opening means; `size` is the file's length in bytes."""
    if isinstance(error, NotForUs):
        return Opened(fits=False)
    if isinstance(error, DamagedChunk):
        until = min(error.cipher_offset + SEALED_CHUNK, size)
        return Opened(damage=Damage(error.cipher_offset, until, None), trouble=str(error))
    return Opened(trouble=str(error))


def second_of_damage(
    blocks: Iterable[bytes], identities: Sequence[Identity], most_fragments: int
) -> float | None:
    """Give the seconds from the film's first fragment to its first damaged chunk, or None.

    Reads chunk by chunk, so that every fragment before the damage is known.
    """
    decryptor, film = Decryptor(identities), FragmentHasher()
    opening, first, recent, recent_start = b"", b"", bytearray(), 0
    try:
        for piece in _pieces(blocks):
            clear = decryptor.feed(piece)
            film.feed(clear)
            check_count(film, most_fragments)
            recent += clear
            if len(recent) > MOST_FRAGMENT_BYTES:
                return None
            leaves = film.leaves
            if not leaves:
                continue
            if not first:
                opening, first = bytes(recent[: leaves[0].end]), bytes(recent[leaves[0].end :])
            surplus = leaves[-1].end - recent_start
            del recent[:surplus]
            recent_start += surplus
    except EvidenceError:
        pass  # the damage that is being looked for
    try:
        ticks = Timescales.parse(opening)
        return decode_seconds(_moof(recent), ticks) - decode_seconds(_moof(first), ticks)
    except Malformed:
        return None


def _moof(fragment: bytes | bytearray) -> bytes:
    size = int.from_bytes(fragment[:4], "big")
    return bytes(fragment[:size])


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        for start in range(0, len(block), SEALED_CHUNK):
            yield block[start : start + SEALED_CHUNK]
