"""Films are opened while they come: a few threads read back what is written, for all units.

Ingest tells how far a part has come; admission asks, by the file itself and not by its name, what
it turned out to be. Whatever was not read to its end, does not open, or was written to since, is
answered with nothing: admission then looks at the whole file again and says what is wrong with it.
"""

import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recorder.evidence.age import Identity
from recorder.evidence.errors import EvidenceError
from uplink.station.progress import Progress
from uplink.station.store.durable import is_full
from uplink.station.store.reading import Facts, Reading

PIECE_BYTES = 8 * 1024 * 1024
_KEPT_MOST = 1024
_URGENT, _NEXT, _LAST = range(3)
Who = tuple[int, int]


@dataclass(slots=True)
class Following:
    """A part that is read back as it grows; ingest holds it while the part comes."""

    path: Path
    hand: int
    who: Who
    reading: Reading
    begun: int = 0
    written: int = 0
    whole: bool = False
    queued: bool = False
    facts: Facts | None = None
    written_ns: int = 0
    over: threading.Event = field(default_factory=threading.Event)


class Openers:
    """`count` threads that read back; `failed` is told of a medium that does not give back.

    Each says to a Progress of its own (`one_more`) what it reads; a piece is what gets it on.
    """

    def __init__(
        self,
        identities: Sequence[Identity],
        count: int,
        failed: Callable[[BaseException], None],
        one_more: Callable[[], Progress] = Progress,
    ) -> None:
        self._identities = tuple(identities)
        self._failed = failed
        self._queue: queue.PriorityQueue[tuple[int, int, Following | None]] = queue.PriorityQueue()
        self._lock = threading.Lock()
        self._turn = 0
        self._known: dict[Who, Following] = {}
        self._threads = [
            threading.Thread(target=self._run, args=(one_more(),), name="open", daemon=True)
            for _ in range(count)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Leave what is half read, and end."""
        for _ in self._threads:
            self._put(_LAST, None)
        for thread in self._threads:
            thread.join()
        for following in tuple(self._known.values()):
            self._end(following)

    # For ingest.

    def follow(self, path: Path) -> Following:
        """Begin to read back a part that is there, from its first byte on."""
        hand = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        following = Following(path, hand, _who(os.fstat(hand)), Reading(hand, self._identities))
        with self._lock:
            self._turn += 1
            following.begun = self._turn
            self._known[following.who] = following
            if len(self._known) > _KEPT_MOST:
                self._forget(next(iter(self._known.values())))
        return following

    def wrote(self, following: Following, until: int, *, whole: bool) -> None:
        """Say that bytes up to `until` are written, and whether that is all."""
        with self._lock:
            following.written, following.whole = until, whole
            self._queue_up(following)

    def drop(self, following: Following) -> None:
        """Forget a part: it does not come any more, or not as it began."""
        with self._lock:
            self._forget(following)

    # For admission.

    def facts_of(
        self, path: Path, wait: Callable[[threading.Event], object] = threading.Event.wait
    ) -> Facts | None:
        """Tell what a file is that was read back to its end, and drop it; None for others."""
        found = path.stat()
        with self._lock:
            following = self._known.get(_who(found))
        if following is None or not following.whole:
            return None
        wait(following.over)
        with self._lock:
            self._known.pop(following.who, None)
        same = (found.st_size, found.st_mtime_ns) == (following.written, following.written_ns)
        return following.facts if same else None

    # For the threads.

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be read back."""
        return self._queue.empty()

    def turn(self, progress: Progress) -> bool:
        """Wait for a piece and read it back; false when told to stop."""
        following = self._queue.get()[2]
        if following is None:
            return False
        progress.begins(f"reading back {following.path}")
        try:
            self._read(following)
        except BaseException as error:  # noqa: BLE001 - another thread answers it
            self._close(following)
            if not is_full(error):
                self._failed(error)
        progress.rests()
        return True

    def _run(self, progress: Progress) -> None:
        while self.turn(progress):
            continue

    def _read(self, following: Following) -> None:
        try:
            until = min(following.reading.offset + PIECE_BYTES, following.written)
            ends = following.whole and until == following.written
            # The time of the last write comes before what is read: a later one shows.
            following.written_ns = os.fstat(following.hand).st_mtime_ns
            following.reading.go_on(until)
            if ends:
                following.facts = following.reading.finish()
                self._close(following)
        except EvidenceError:
            self._close(following)
        with self._lock:
            following.queued = False
            if self._known.get(following.who) is following:
                self._queue_up(following)
            else:
                self._end(following)

    def _queue_up(self, following: Following) -> None:
        """Queue what is worth a piece: what only waits for its end first, then by age."""
        rest = following.written - following.reading.offset
        if following.queued or following.over.is_set():
            return
        if following.whole or rest >= PIECE_BYTES:
            following.queued = True
            self._put(_URGENT if rest <= PIECE_BYTES else _NEXT, following)

    def _put(self, urgency: int, following: Following | None) -> None:
        self._turn += 1
        begun = self._turn if following is None else following.begun
        self._queue.put((urgency, begun, following))

    def _forget(self, following: Following) -> None:
        if self._known.get(following.who) is following:
            del self._known[following.who]
        if not following.queued:
            self._end(following)

    def _close(self, following: Following) -> None:
        with self._lock:
            self._end(following)

    def _end(self, following: Following) -> None:
        if not following.over.is_set():
            following.over.set()
            os.close(following.hand)


def _who(found: os.stat_result) -> Who:
    return (found.st_dev, found.st_ino)
