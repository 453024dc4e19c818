"""The courier: brings the spool home and the receipts back. One thread owns everything here.

It promises that the station's word alone says what arrived, and custody's alone what is
receipted. It never writes into the spool. What the post's thread hands over waits in a queue.
"""

import contextlib
import queue
from collections.abc import Callable, Iterable

from recorder.evidence.errors import EvidenceError
from uplink.courier import events
from uplink.courier.bulletin import Bulletin
from uplink.courier.desk import Desk
from uplink.courier.filing import FilingLost
from uplink.courier.journey import Journey, Piece
from uplink.courier.line import Down, Habits, Inbox, Line, Up
from uplink.courier.open_files import OpenFiles
from uplink.courier.outbox import Stage
from uplink.courier.spool import Survey, is_log, waits_for_receipt
from uplink.courier.tempo import Tempo
from uplink.wire.chunks import chunk_head
from uplink.wire.messages import Ack, Grant, Offer, Refusal, Stored
from uplink.wire.orders import CommandLetter
from uplink.wire.post import Letter, NotConnected, PostFull, Qos
from uplink.wire.proofs import AnchorLetter, ReceiptLetter
from uplink.wire.standing import StationState
from uplink.wire.topics import STATION, Kind, Topic, parse_topic

_PROGRESS_SECONDS = 1.0


class Courier:
    """Owns journey and outbox; `step` is called again and again by the program's loop."""

    def __init__(  # noqa: PLR0913 - each is a port of its own, given by the wiring
        self,
        habits: Habits,
        desk: Desk,
        line: Line,
        inbox: Inbox,
        tell: Callable[[events.Event], None],
        *,
        seconds: Callable[[], float],
        random: Callable[[int], bytes],
        utc: Callable[[], str],
    ) -> None:
        self._habits = habits
        self._desk = desk
        self._line = line
        self._inbox = inbox
        self._tell = tell
        self._seconds = seconds
        self._random = random
        self.tempo = Tempo(habits.cap)
        self._bulletin = Bulletin(
            self._topic(Kind.STATE), habits.software, line, desk, self.tempo, seconds, utc
        )
        self._journey: Journey | None = None
        self.up = False
        self._survey: Survey | None = None
        self._quiet_since = seconds()
        self._surveyed_at = -habits.survey_seconds
        self._told_missing: set[str] = set()
        self._files = OpenFiles(desk.path)
        self._retry_at = self._told_at = 0.0
        self.refused: dict[str, str] = {}

    def step(self) -> None:
        """Send what may go now, then take in what came; wait shortly when there is neither."""
        self._look()
        wait_seconds = self._send()
        try:
            came = self._inbox.get(wait_seconds > 0, wait_seconds)
            while True:
                self._take(came)
                came = self._inbox.get_nowait()
        except queue.Empty:
            return

    @property
    def home(self) -> bool:
        """Whether everything that was not refused has its receipt."""
        survey, journey = self._survey, self._journey
        if survey is None or (journey is not None and not journey.finished):
            return False
        return not (survey.settling or survey.uncovered) and self._desk.pending().files == 0

    @property
    def stuck(self) -> bool:
        """Whether the station refused something, and nothing else is under way."""
        return bool(self.refused) and (self._journey is None or self._journey.finished)

    def leave(self) -> None:
        """Say that we go, and let go of open files."""
        self._drop_journey()
        if self.up:
            with contextlib.suppress(NotConnected, PostFull):
                self._bulletin.tell(up=False)

    def _look(self) -> None:
        """Survey the spool now and then, and begin a journey when one is due."""
        now_seconds = self._seconds()
        journey = self._journey
        if journey is not None and not journey.finished:
            if now_seconds - self._quiet_since > self._habits.patience_seconds:
                self._begin()
            return
        if now_seconds - self._surveyed_at >= self._habits.survey_seconds:
            survey = self._survey_now(now_seconds)
            due = survey.uncovered or self._desk.pending().files > 0
            if self.up and due and now_seconds >= self._retry_at:
                self._begin()

    def _survey_now(self, now_seconds: float) -> Survey:
        self._surveyed_at = now_seconds
        self._survey = survey = self._desk.survey()
        for file in set(survey.missing) - self._told_missing:
            self._told_missing.add(file)
            self._tell(events.FileMissing(file))
        return survey

    def _begin(self) -> None:
        """Start a new journey with a new offer; the old one's handles are worth nothing now."""
        self._drop_journey()
        self._quiet_since = self._seconds()
        files = self._desk.to_offer(self._survey_now(self._quiet_since))
        if not files or not self.up:
            return
        journey = Journey(self._random(8).hex(), files)
        offer = Offer(journey.number, files)
        try:
            self._bulletin.tell(up=True)
            self._line.publish(Letter(self._topic(Kind.OFFER), offer.payload()))
        except (NotConnected, PostFull):
            return  # `Up` comes again, or patience ends
        self._journey = journey
        self._desk.outbox.advance((one.file for one in files), Stage.OFFERED)
        self._tell(events.Offered(journey.number, len(files), sum(one.length for one in files)))

    def _send(self) -> float:
        """Send pieces until credit or the line's bound ends it; tell how long to wait for a letter.

        Credit comes as a letter; that the line took something has to be looked for.
        """
        journey, habits, wait_seconds = self._journey, self._habits, self._habits.idle_seconds
        while journey is not None and self.up and journey.worker is not None and journey.sending:
            now_seconds, unsent_bytes = self._seconds(), self._line.unsent_bytes
            rest = self.tempo.wait_seconds(now_seconds, unsent_bytes, habits.unsent_bytes)
            if rest:
                return min(rest, habits.idle_seconds)
            piece = journey.next_piece(self.tempo.chunk_bytes(now_seconds, habits.chunk_bytes))
            if piece is None or not self._send_piece(journey, journey.worker, piece):
                break
            wait_seconds = 0.0
        return wait_seconds

    def _send_piece(self, journey: Journey, worker: str, piece: Piece) -> bool:
        if piece.file not in self._files:
            self._desk.outbox.advance((piece.file,), Stage.MOVING)
        data = self._files.read(piece.file, piece.offset, piece.size)
        if len(data) != piece.size:
            sentence = f"{piece.file} is shorter than its record says; check the card"
            self._refused(piece.file, sentence)
            return False
        topic = Topic(self._habits.agency, self._habits.unit, Kind.CHUNK, worker)
        head = chunk_head(piece.handle, piece.offset, piece.size)
        try:
            self._line.publish(Letter(str(topic), head, Qos.AT_MOST_ONCE, body=data))
        except (NotConnected, PostFull):
            return False
        journey.went(piece)
        self._quiet_since = self._seconds()
        self.tempo.sent(self._seconds(), piece.size)
        return True

    def _take(self, came: Letter | Up | Down) -> None:
        if isinstance(came, Up):
            self.up = True
            self._tell(events.Docked(self._habits.broker))
            self._begin()
        elif isinstance(came, Down):
            self.up = False
            self._drop_journey()
            self._tell(events.Undocked(came.sentence))
        else:
            self._read(came)

    def _read(self, letter: Letter) -> None:
        try:
            topic = parse_topic(letter.topic)
            if topic.unit == STATION:
                self._station(StationState.parse(letter.payload), retained=letter.retained)
                return
            self._quiet_since = self._seconds()
            self._answer(topic.kind, letter.payload)
        except EvidenceError as error:
            # A letter that breaks the protocol proves nothing; patience begins a new journey.
            self._tell(events.NotFiled(f"a letter on {letter.topic[:100]} is not read: {error}"))

    def _station(self, state: StationState, *, retained: bool) -> None:
        worker = None if self._journey is None else self._journey.worker
        # A worker came and nobody has us, or ours went: what it was told is worth nothing.
        if worker == (None if state.up else state.worker) and not (retained or self.home):
            self._begin()

    def _answer(self, kind: Kind, payload: bytes) -> None:
        journey = self._journey
        match kind:
            case Kind.GRANT if journey is not None:
                self._granted(journey, Grant.parse(payload))
            case Kind.ACK if journey is not None:
                journey.acked(Ack.parse(payload))
                self._tell_progress(_PROGRESS_SECONDS)
            case Kind.STORED:
                stored = Stored.parse(payload)
                self._desk.outbox.advance((stored.file,), Stage.STORED)
                self._files.close(stored.file)
                self._tell(events.StoredFile(stored.file))
                if stored.file.startswith("identity/"):
                    self._stored((stored.file,))
            case Kind.REFUSAL:
                refusal = Refusal.parse(payload)
                if journey is not None and refusal.journey == journey.number:
                    self._refused(refusal.file, refusal.sentence)
            case Kind.RECEIPT:
                self._receipt(ReceiptLetter.parse(payload))
            case Kind.ANCHOR:
                self._tell(self._desk.file_anchor(AnchorLetter.parse(payload)))
            case _:
                self._order(kind, payload)

    def _order(self, kind: Kind, payload: bytes) -> None:
        if kind is Kind.COMMAND:
            letter = CommandLetter.parse(payload)
            for said in self._desk.hand_command(letter, self._seconds()):
                self._survey = None  # custody wrote a record, which has to come home too
                self._tell(said)

    def _granted(self, journey: Journey, grant: Grant) -> None:
        journey.granted(grant)
        if grant.journey == journey.number:
            with contextlib.suppress(FilingLost):
                self._desk.filing.tell_time(grant.utc)
            # A file that has a receipt is answered by that receipt, which comes again.
            self._stored(file for file in grant.have if not waits_for_receipt(file))

    def _stored(self, files: Iterable[str]) -> None:
        for file in files:
            self._desk.outbox.advance((file,), Stage.STORED)
            if self._journey is not None:
                self._journey.answered((file,))

    def _refused(self, file: str, sentence: str) -> None:
        with_it = self._desk.outbox.refuse(file, sentence)
        self._tell(events.FileRefused(file, sentence))
        self.refused[file] = sentence
        self._retry_at = self._seconds() + self._habits.retry_seconds
        journey = self._journey
        if journey is not None:
            # Without a believed log there will be no receipt for anything.
            whole = not waits_for_receipt(file)
            journey.answered([one.file for one in journey.offered] if whole else [file, *with_it])

    def _receipt(self, letter: ReceiptLetter) -> None:
        try:
            filed = self._desk.file_receipt(letter)
        except FilingLost as loss:
            self._tell(events.NotFiled(str(loss)))
            return
        if filed is not None:
            self._tell(filed)
        journey = self._journey
        if journey is not None and not isinstance(filed, events.NotFiled):
            journey.answered(letter.files)
            journey.answered([one.file for one in journey.offered if is_log(one.file)])
            if journey.finished:
                self._survey = self._desk.survey()  # are we home? What is new waits its turn
        self._tell_progress()

    def _tell_progress(self, rest_seconds: float = 0.0) -> None:
        now_seconds = self._seconds()
        if now_seconds - self._told_at < rest_seconds:
            return
        self._told_at = now_seconds
        journey = self._journey
        unconfirmed = journey.unconfirmed if journey else 0
        self._tell(self.tempo.progress(now_seconds, self._desk.pending(), unconfirmed))
        if journey is not None and self.up:
            with contextlib.suppress(NotConnected, PostFull):
                self._bulletin.tell_on(journey)

    def _drop_journey(self) -> None:
        if self._journey is not None and not self._journey.finished:
            self._tell(events.JourneyBroken(self._journey.number, self._journey.unconfirmed))
        self._journey = None
        self._files.close_all()

    def _topic(self, kind: Kind) -> str:
        return str(Topic(self._habits.agency, self._habits.unit, kind))
