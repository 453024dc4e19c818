"""A worker at work: one thread takes letters, one admits; what either cannot answer ends both.

What the post's thread hands over waits in a queue that the units' credit bounds.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from uplink.station import events
from uplink.station.admission.admit import Admission, Answer, Arrived
from uplink.station.intake.ingest import Ingest
from uplink.station.progress import Progress
from uplink.station.store.durable import is_full
from uplink.wire.messages import Refusal
from uplink.wire.orders import CommandLetter
from uplink.wire.post import Letter, NotConnected, PostFull
from uplink.wire.proofs import ReceiptLetter
from uplink.wire.standing import StationState
from uplink.wire.topics import STATION, Kind, Topic

_DRAIN = 64
_WAIT_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Up:
    """The line is up."""


@dataclass(frozen=True, slots=True)
class Down:
    """The line is down; the sentence says why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Admission, or a thread that reads back, met what the worker may not go on with."""

    error: BaseException


Inbox = queue.SimpleQueue[Letter | Up | Down | Failed]


class Line(Protocol):
    """What a worker needs of a Post."""

    def publish(self, letter: Letter) -> int:
        """Take a letter; raise NotConnected or PostFull."""


def station_state(agency: str, worker: str, *, up: bool) -> Letter:
    """Return the retained letter that says how a worker stands; with `up` false it is the will."""
    topic = str(Topic(agency, STATION, Kind.STATE))
    return Letter(topic, StationState(up, worker).payload(), retained=True)


def send_over(line: Line) -> Callable[[Letter], None]:
    """Return a way to send that drops what cannot go: the unit asks again after any break."""

    def send(letter: Letter) -> None:
        try:
            line.publish(letter)
        except (NotConnected, PostFull):
            return

    return send


def answer_letter(arrived: Arrived, answer: Answer) -> Letter:
    """Return the letter for an answer of admission."""
    kind = Kind.ANCHOR
    if isinstance(answer, Refusal):
        kind = Kind.REFUSAL
    elif isinstance(answer, ReceiptLetter):
        kind = Kind.RECEIPT
    elif isinstance(answer, CommandLetter):
        kind = Kind.COMMAND
    return Letter(str(Topic(arrived.agency, arrived.unit, kind)), answer.payload())


class Admitter:
    """The thread that admits, so that chunks flow on meanwhile; it says to `progress` what."""

    def __init__(
        self,
        build: Callable[[], Admission],
        inbox: Inbox,
        tell: Callable[[events.Event], None],
        progress: Progress,
    ) -> None:
        self._build = build
        self._tell = tell
        self._progress = progress
        self._inbox = inbox
        self._cases: queue.SimpleQueue[Arrived | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="admit", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, arrived: Arrived) -> None:
        """Hand over what arrived, and return at once."""
        self._cases.put(arrived)

    def stop(self) -> None:
        """Finish what was handed over, and end."""
        self._cases.put(None)
        self._thread.join()

    def _run(self) -> None:
        admission: Admission | None = None
        while (arrived := self._cases.get()) is not None:
            self._progress.begins(f"admitting what {arrived.unit} brought")
            try:
                admission = admission or self._build()
                admission.admit(arrived)
            except BaseException as error:  # noqa: BLE001 - answered here, or by the other thread
                if not is_full(error):
                    self._inbox.put(Failed(error))
                    return
                # What it holds in memory may be ahead of the disk: begin anew, as after a crash.
                admission = None
                sentence = (
                    f"the archive is full ({error}); make room: {arrived.unit}, which keeps "
                    "everything, comes again"
                )
                self._tell(events.ArchiveFull(arrived.unit, sentence))
            self._progress.rests()


def serve(
    ingest: Ingest,
    inbox: Inbox,
    agency: str,
    tell: Callable[[events.Event], None],
    until: Callable[[], bool],
) -> None:
    """Take letters until told to stop. Raise whatever admission failed with, and OSError."""
    while not until():
        try:
            came = inbox.get(timeout=_WAIT_SECONDS)
        except queue.Empty:
            ingest.settle()
            continue
        _take(came, ingest, agency, tell)
        with contextlib.suppress(queue.Empty):
            for _ in range(_DRAIN):
                _take(inbox.get_nowait(), ingest, agency, tell)
        ingest.hand_over()


def _take(
    came: Letter | Up | Down | Failed,
    ingest: Ingest,
    agency: str,
    tell: Callable[[events.Event], None],
) -> None:
    match came:
        case Letter():
            ingest.take(came)
        case Up():
            ingest.publish(station_state(agency, ingest.worker, up=True))
        case Down(sentence):
            tell(events.LineDown(sentence))
        case Failed(error):
            raise error
