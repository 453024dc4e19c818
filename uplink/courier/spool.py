"""What lies in the spool and may travel; read-only, by the log and by nothing else.

It promises to name only files that a committed record names, and log files up to what is
committed and durable: the newest head may still be on its way to the card, and a station that saw
it would call the unit forked after a power cut. So it waits until the next look finds it unchanged.
It checks form, not signatures: the station does that, and custody wrote them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.head import split_heads
from recorder.evidence.receipt import CustodyEntry, TlogProof
from recorder.evidence.record import (
    Anchor,
    EpochBegins,
    Mark,
    ReceiptFiled,
    Record,
    Release,
    RunBegins,
    Segment,
    Start,
    Stop,
    parse_record,
)
from recorder.evidence.words import (
    CHAIN_FILE,
    FileKind,
    blocks_of,
    heads_file,
    log_file,
    parse_file,
)

_BLOCK_BYTES = 1024 * 1024
_REST_SECONDS = 2.0


class SpoolUnreadable(Exception):
    """The spool is not what custody writes; the sentence says where and what to do."""


@dataclass(frozen=True, slots=True)
class Traveller:
    """A file to bring home, in its order: `rank` 0 identity, 1 marked, 2 the rest; then age."""

    file: str
    length: int
    sha256: str
    rank: int
    segment_seq: int


@dataclass(frozen=True, slots=True)
class LogSpan:
    """The first `length` bytes of a log or heads file."""

    file: str
    length: int


@dataclass(frozen=True, slots=True)
class Survey:
    """The spool at one moment. `uncovered`: records that no receipt covers ask to be sent.

    `settling`: there is a newer head, which may not be durable yet; look again.
    """

    travellers: tuple[Traveller, ...]
    logs: tuple[LogSpan, ...]
    covered: frozenset[str]
    filed_sizes: frozenset[int]
    missing: tuple[str, ...]
    uncovered: bool
    settling: bool
    oldest_utc: str


@dataclass(slots=True)
class _RunPosition:
    log_bytes: int = 0
    heads_bytes: int = 0
    last_seq: int = -1


@dataclass(slots=True)
class SpoolReader:
    """Reads a spool again and again, each committed record once.

    It remembers what is on the card, not what was: a segment that is released is forgotten. What
    receipts cover of it is named once more, so that whoever lists it can strike it off.
    Unless `live`, segments of a recording wait until it is stopped. Without `unix_seconds` only
    two looks tell that the newest head rests.
    """

    root: Path
    live: bool = False
    unix_seconds: Callable[[], float] | None = None
    _heads_seen: tuple[int, int] = (0, 0)
    _held_back: bool = False
    _open: set[int] = field(default_factory=set)
    _runs: dict[int, _RunPosition] = field(default_factory=dict)
    _segments: dict[int, Segment] = field(default_factory=dict)
    _sealed_utc: dict[int, str] = field(default_factory=dict)
    _marks: dict[int, list[int]] = field(default_factory=dict)
    _covered: set[str] = field(default_factory=set)
    _newly_covered: set[str] = field(default_factory=set)
    _filed_sizes: set[int] = field(default_factory=set)
    _last_asking_seq: int = -1

    def survey(self) -> Survey:
        """Read what came since the last time. Raise SpoolUnreadable."""
        try:
            self._read_new_records()
            return self._result()
        except (OSError, EvidenceError) as error:
            raise SpoolUnreadable(
                f"the spool {self.root} cannot be read ({error}); check its path and permissions"
            ) from error

    def path(self, file: str) -> Path:
        """Return where a file of §2 lies."""
        parse_file(file)
        return self.root / file

    def log_sha256(self, span: LogSpan) -> str:
        """Return the digest of the first `length` bytes of a log file."""
        return _digest(self.path(span.file), span.length)

    def _read_new_records(self) -> None:
        runs = sorted(
            parse_file(f"log/{path.name}").run for path in (self.root / "log").glob("*.jsonl")
        )
        for run in runs:
            if run >= max(self._runs, default=0):
                self._read_run(run, newest=run == runs[-1])

    def _read_run(self, run: int, *, newest: bool) -> None:
        at = self._runs.setdefault(run, _RunPosition())
        # Heads first: a record whose head is seen is there already.
        heads, _torn = split_heads(_tail(self.root / heads_file(run), at.heads_bytes))
        if newest:
            heads = self._durable(run, at, heads)
        lines = _tail(self.root / log_file(run), at.log_bytes).splitlines(keepends=True)
        if len(lines) < len(heads):
            raise Malformed(f"{log_file(run)} has fewer lines than {heads_file(run)} has heads")
        for line, head in zip(lines, heads, strict=False):
            record = parse_record(line)
            self._take(record)
            at.log_bytes += len(line)
            at.heads_bytes += len(head)
            at.last_seq = record.seq

    def _durable(self, run: int, at: _RunPosition, heads: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Leave the newest head for the next look, unless that is this one."""
        seen = (run, at.heads_bytes + sum(map(len, heads)))
        fresh = bool(heads) and seen != self._heads_seen
        self._held_back = fresh and not self._rests(heads_file(run))
        self._heads_seen = seen
        return heads[:-1] if self._held_back else heads

    def _rests(self, file: str) -> bool:
        """Whether nothing was written for so long that custody and kernel have synced it."""
        if self.unix_seconds is None:
            return False
        return self.unix_seconds() - (self.root / file).stat().st_mtime > _REST_SECONDS

    def _take(self, record: Record) -> None:
        body = record.body
        if isinstance(body, RunBegins):
            self._open.clear()  # what a power cut left open is stopped by the run after it
        elif isinstance(body, Start):
            self._open.add(body.recording)
        elif isinstance(body, Stop):
            self._open.discard(body.recording)
        elif isinstance(body, Segment):
            self._segments[record.seq] = body
            self._sealed_utc[record.seq] = record.at.utc
        elif isinstance(body, Mark) and body.until_ms is None:  # the officer's own
            self._marks.setdefault(body.recording, []).append(body.media_ms)
        elif isinstance(body, Release):
            self._forget(body.segment_seq)
        elif isinstance(body, ReceiptFiled):
            self._cover(body)
        # Records that a receipt itself causes must not ask for the next receipt.
        if not isinstance(body, ReceiptFiled | Anchor | EpochBegins | Release):
            self._last_asking_seq = record.seq

    def _cover(self, filed: ReceiptFiled) -> None:
        proof = TlogProof.parse((self.root / filed.file).read_bytes())
        entry = CustodyEntry.parse(proof.extra)
        files = {one.file for one in entry.files}
        self._covered |= files
        self._newly_covered |= files
        self._filed_sizes.add(entry.size)

    def _forget(self, seq: int) -> None:
        segment = self._segments.pop(seq, None)
        if segment is not None:
            del self._sealed_utc[seq]
            self._covered.difference_update(file for file, _ in _files_of(segment))

    def _result(self) -> Survey:
        travellers: list[Traveller] = []
        missing: list[str] = []
        chain = self.root / CHAIN_FILE
        if chain.exists():
            length = chain.stat().st_size
            travellers.append(Traveller(CHAIN_FILE, length, _digest(chain, length), 0, -1))
        for seq, segment in self._segments.items():
            if segment.recording in self._open and not self.live:
                continue
            for file, sha256 in _files_of(segment):
                if file in self._covered:
                    continue
                path = self.root / file
                if not path.exists():
                    missing.append(file)
                    continue
                length = path.stat().st_size
                travellers.append(Traveller(file, length, sha256, self._rank(segment), seq))
        travellers.sort(key=lambda one: (one.rank, one.segment_seq))
        waiting = {self._sealed_utc.get(one.segment_seq, "") for one in travellers}
        receipted_size = max(self._filed_sizes, default=0)
        newly_covered, self._newly_covered = self._newly_covered, set()
        return Survey(
            tuple(travellers),
            self._logs(receipted_size),
            frozenset(self._covered | newly_covered),
            frozenset(self._filed_sizes),
            tuple(missing),
            self._last_asking_seq >= receipted_size,
            self._held_back,
            min((one for one in waiting if one), default=""),
        )

    def _rank(self, segment: Segment) -> int:
        span = segment.span
        for media_ms in self._marks.get(segment.recording, ()):
            if span.first_ms <= media_ms <= span.last_ms:
                return 1
        return 2

    def _logs(self, receipted_size: int) -> tuple[LogSpan, ...]:
        newest = max(self._runs, default=0)
        spans: list[LogSpan] = []
        last_seq = -1
        for run, at in sorted(self._runs.items()):
            # A run that was cut off before its first head still travels, for its torn end.
            last_seq = max(last_seq, at.last_seq)
            if run == newest:
                spans.append(LogSpan(log_file(run), at.log_bytes))
                spans.append(LogSpan(heads_file(run), at.heads_bytes))
            elif last_seq >= receipted_size - 1:
                # A run that ended travels with its torn end, which the next run states.
                ended = (log_file(run), heads_file(run))
                spans.extend(LogSpan(one, (self.root / one).stat().st_size) for one in ended)
        return tuple(span for span in spans if span.length)


def _files_of(segment: Segment) -> tuple[tuple[str, str], ...]:
    files: list[tuple[str, str]] = []
    media, side = segment.media, segment.side
    if media.blocks_sha256 is not None:
        files.append((blocks_of(media.file), media.blocks_sha256))
    files.append((side.file, side.sha256))
    files.extend((tail.file, tail.sha256) for tail in (media.tail, side.tail) if tail is not None)
    files.append((media.file, media.sha256))
    return tuple(files)


def _tail(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


def _digest(path: Path, length: int) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        left = length
        while left and (block := file.read(min(left, _BLOCK_BYTES))):
            found.update(block)
            left -= len(block)
    if left:
        raise Malformed(f"{path.name} is shorter than the {length} bytes that are committed")
    return found.hexdigest()


def is_log(file: str) -> bool:
    """Tell whether a file is a log or heads file, which grows."""
    return parse_file(file).kind in {FileKind.LOG, FileKind.HEADS}


def waits_for_receipt(file: str) -> bool:
    """Tell whether a file is one that receipts name; logs and certificates are not."""
    return not is_log(file) and file != CHAIN_FILE
