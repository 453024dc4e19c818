"""A unit's log as the station follows it: record by record, each checked before it is believed.

It promises that `size`, `root_at` and `segments` speak only of records that are canonical, linked,
in the tree and signed by the epoch in force, under the unit's identity key. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from recorder.evidence.epoch import (
    EpochStatement,
    check_identity_signature,
    check_previous_signature,
    epoch_key,
)
from recorder.evidence.errors import BadSignature, BrokenChain, EvidenceError
from recorder.evidence.head import check_head, parse_signed_head, split_heads
from recorder.evidence.note import VerifierKey
from recorder.evidence.record import (
    Anchor,
    EpochBegins,
    ReceiptFiled,
    Record,
    Release,
    RunBegins,
    Segment,
    SelfCheck,
    SelfCheckItem,
    Torn,
    parse_record,
)
from recorder.evidence.tree import Tree, leaf_hash
from recorder.evidence.words import ZERO_DIGEST, base64_bytes, digest

_CHECKED_MAX = 64
"""Things that one unit may check of itself, so that it cannot fill our memory with names."""


class BadLog(Exception):
    """A log that is not what its unit signed; the sentence names the record."""


@dataclass(frozen=True, slots=True)
class NamedSegment:
    """A sealed segment and the record that names it."""

    seq: int
    run: int
    body: Segment


@dataclass(frozen=True, slots=True)
class RunBytes:
    """A run's log and heads file, as bytes."""

    log: bytes
    heads: bytes


@dataclass(slots=True)
class RunSpan:
    """How far a run's files are verified, in bytes; `ended` once its torn end is stated."""

    log_bytes: int = 0
    heads_bytes: int = 0
    records: int = 0
    ended: bool = False


@dataclass(slots=True)
class UnitChain:
    """Follows one unit's log; it only ever grows."""

    origin: str
    identity: EllipticCurvePublicKey
    runs: dict[int, RunSpan] = field(default_factory=dict)
    segments: dict[int, NamedSegment] = field(default_factory=dict)
    filed: list[ReceiptFiled] = field(default_factory=list)
    asking_size: int = 0
    station_size: int = 0
    anchored_size: int = -1
    checked: dict[str, SelfCheckItem] = field(default_factory=dict)
    checked_utc: str = ""
    checks: int = 0
    _tree: Tree = field(default_factory=Tree)
    _roots: list[bytes] = field(default_factory=list)
    _prev: str = ZERO_DIGEST
    _epoch: int = 0
    _next_sha256: str = ""
    _epoch_runs: dict[int, int] = field(default_factory=dict)
    _epoch_keys: dict[int, VerifierKey] = field(default_factory=dict)
    _last_epoch: dict[int, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many records are verified."""
        return self._tree.size

    @property
    def newest_run(self) -> int:
        """The run that the newest record belongs to; 0 before the first."""
        return max(self.runs, default=0)

    def root_at(self, size: int) -> bytes:
        """Return the root over the first `size` records (1 to `self.size`)."""
        return self._roots[size - 1]

    def standing_key(self, run: int, epoch: int) -> VerifierKey:
        """Return the key of the epoch that may have signed a standing which run `run` seals.

        That is the last epoch of the run before, or, where only a file failed, one of `run`
        itself. Raise BadSignature for any other.
        """
        before = max((one for one in self._last_epoch if one < run), default=0)
        mine = self._epoch_runs.get(epoch) == run
        if epoch not in self._epoch_keys or not (mine or self._last_epoch.get(before) == epoch):
            raise BadSignature(f"epoch {epoch} was over when the standing should have been signed")
        return self._epoch_keys[epoch]

    def follow(self, run: int, files: Mapping[int, RunBytes]) -> None:
        """Take in what is new of one run; `files` hold whole files from their first byte.

        Raise BadLog at the first record that does not fit; the ones before it stay taken in.
        """
        span = self.runs.setdefault(run, RunSpan())
        if run < self.newest_run and span.ended:
            return
        data = files[run]
        heads, _torn = split_heads(data.heads[span.heads_bytes :])
        lines = data.log[span.log_bytes :].splitlines(keepends=True)
        for line, head in zip(lines, heads, strict=False):
            try:
                self._take(run, span, line, head, files)
            except EvidenceError as error:
                raise BadLog(f"record {self.size} of {self.origin} is refused: {error}") from error

    def _take(
        self, run: int, span: RunSpan, line: bytes, head: bytes, files: Mapping[int, RunBytes]
    ) -> None:
        record = parse_record(line)
        self._check_place(record, run)
        tree = self._tree.copy()
        tree.append(leaf_hash(line))
        key = self._key_for(record, span)
        self._check_head(head, key, tree)
        anchored = _anchored(record)
        if isinstance(record.body, RunBegins):
            self._check_torn(run, record.body.torn, files)
        # Every check has passed: from here on nothing raises.
        self._tree = tree
        self._roots.append(tree.root())
        self._prev = digest(line)
        if isinstance(record.body, EpochBegins):
            self._epoch = record.epoch
            self._epoch_runs[record.epoch] = run
            self._next_sha256 = record.body.next_sha256
            self._epoch_keys[record.epoch] = key
        self._last_epoch[run] = record.epoch
        span.log_bytes += len(line)
        span.heads_bytes += len(head)
        span.records += 1
        self._note(record, anchored)

    def _check_place(self, record: Record, run: int) -> None:
        if record.origin != self.origin:
            raise BrokenChain(f"it is of {record.origin}, not of this unit")
        if record.seq != self.size or record.run != run or record.prev != self._prev:
            raise BrokenChain("it does not follow the record before it")
        first = self.runs[run].records == 0
        if first and (run != self.newest_run or not isinstance(record.body, EpochBegins)):
            raise BrokenChain("a run begins with its epoch, after the run before")
        if (self.runs[run].records == 1) != isinstance(record.body, RunBegins):
            raise BrokenChain("the second record of a run, and no other, tells of the run")

    def _key_for(self, record: Record, span: RunSpan) -> VerifierKey:
        body = record.body
        if not isinstance(body, EpochBegins):
            if record.epoch != self._epoch:
                raise BrokenChain(f"it names epoch {record.epoch}, and epoch {self._epoch} signs")
            return self._epoch_keys[self._epoch]
        if record.epoch != self._epoch + 1:
            raise BrokenChain(f"epoch {record.epoch} does not follow epoch {self._epoch}")
        if self._epoch and digest(base64_bytes(body.public_key)) != self._next_sha256:
            raise BrokenChain("its epoch key is not the one that was promised")
        statement = EpochStatement(
            self.origin, record.epoch, record.seq, record.prev, body.public_key, body.next_sha256
        )
        check_identity_signature(self.identity, statement, body.identity_signature)
        if body.previous_signature and self._epoch:
            check_previous_signature(
                self._epoch_keys[self._epoch], statement, body.previous_signature
            )
        elif body.previous_signature or span.records:
            raise BadSignature("the epoch before, which lived, did not sign it")
        return epoch_key(self.origin, body)

    def _check_head(self, data: bytes, key: VerifierKey, tree: Tree) -> None:
        signed = parse_signed_head(data)
        head = signed.head
        if (head.origin, head.size, head.root) != (self.origin, tree.size, tree.root()):
            raise BrokenChain(f"its head of size {head.size} is not that of this log")
        check_head(signed, key)

    def _check_torn(self, run: int, torn: Torn, files: Mapping[int, RunBytes]) -> None:
        before, span = files.get(run - 1), self.runs.get(run - 1)
        log, heads = b"", b""
        if before is not None and span is not None:
            if span.ended:
                return
            log, heads = before.log[span.log_bytes :], before.heads[span.heads_bytes :]
        stated = (torn.log_bytes, torn.log_sha256, torn.heads_bytes, torn.heads_sha256)
        if stated != (len(log), digest(log), len(heads), digest(heads)):
            raise BrokenChain(
                f"run {run - 1} ends with {len(log)} and {len(heads)} torn bytes, "
                f"and that is not what run {run} states"
            )
        if span is not None:
            span.log_bytes += len(log)
            span.heads_bytes += len(heads)
            span.ended = True

    def _note(self, record: Record, anchored: int) -> None:
        body = record.body
        if isinstance(body, Segment):
            self.segments[record.seq] = NamedSegment(record.seq, record.run, body)
        elif isinstance(body, SelfCheck):
            self._take_check(body)
            self.checked_utc, self.checks = record.at.utc, self.checks + 1
        elif isinstance(body, ReceiptFiled):
            self.filed.append(body)
            self.station_size = max(self.station_size, body.station_size)
        elif isinstance(body, Anchor):
            self.station_size = max(self.station_size, anchored)
            self.anchored_size = max(self.anchored_size, anchored)
        # Records that a receipt itself causes must not ask for the next receipt.
        if not isinstance(body, ReceiptFiled | Anchor | EpochBegins | Release):
            self.asking_size = self.size

    def _take_check(self, check: SelfCheck) -> None:
        """A whole self-check begins anew; an item alone is put in."""
        if check.whole:
            self.checked.clear()
        for one in check.items:
            if one.item in self.checked or len(self.checked) < _CHECKED_MAX:
                self.checked[one.item] = one


def _anchored(record: Record) -> int:
    """Return the size of the station's head that an anchor holds, or -1 for another record."""
    if not isinstance(record.body, Anchor):
        return -1
    return parse_signed_head(record.body.checkpoint.encode()).head.size
