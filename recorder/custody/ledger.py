"""The log of this run: each record, then its head, then the answer; and the epochs between.

Order of effects of a commit:
1. the record's line is appended; a crash leaves torn bytes that the next run states;
2. the line is made durable; a crash leaves a line without a head: torn;
3. its head is appended; a crash leaves it whole (the record counts) or torn (it does not);
4. the head is made durable; only now does anybody hear that it happened.
After an error here custody ends: the next run writes new files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from recorder.custody.effects import Effect
from recorder.custody.errors import CustodyError, StorageLost
from recorder.custody.index import Place
from recorder.custody.spool import SEALED_MODE
from recorder.evidence.epoch import epoch_body
from recorder.evidence.head import Head, sign_head
from recorder.evidence.record import Record, encode_record
from recorder.evidence.standing import sign_standing
from recorder.evidence.words import heads_file, log_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from recorder.custody.history import History
    from recorder.custody.keys import NextKeys
    from recorder.custody.spool import Spool
    from recorder.evidence.epoch import Signer
    from recorder.evidence.moment import Clock
    from recorder.evidence.record import Body, RunBegins
    from recorder.evidence.standing import Standing

RECORDS_OF_AN_EPOCH = 64
EPOCH_MS = 15 * 60 * 1000
_SALT_BYTES = 16


class LogLost(CustodyError):
    """The log of this run cannot be continued; custody ends, and the next run begins anew."""


class BeforeEpoch(Protocol):
    """Called when a new epoch's key is chosen and its record is not yet written."""

    def __call__(self, sign: Callable[[Standing], bytes]) -> None:
        """Keep durable what must be signed by the new key from its first moment on."""
        ...


class KeepPast(Protocol):
    """Called at the beginning of a run, before its first record, unless the log is empty."""

    def __call__(self, history: History, key: Ed25519PrivateKey) -> None:
        """Keep what is known so far, signed by the key of the run's first epoch."""
        ...


class Ledger:
    """Writes records; one for each run."""

    def __init__(  # noqa: PLR0913 - a log is its place, its past, time, chance and keys
        self,
        *,
        origin: str,
        run: int,
        spool: Spool,
        history: History,
        clock: Clock,
        random: Callable[[int], bytes],
        next_keys: NextKeys,
        signer: Signer,
        keep_past: KeepPast,
    ) -> None:
        self.history = history
        self.origin = origin
        self.run = run
        self.before_epoch: BeforeEpoch | None = None
        self._clock = clock
        self._random = random
        self._next_keys = next_keys
        self._signer = signer
        self._keep_past = keep_past
        self._key: Ed25519PrivateKey | None = None
        self._records_left = 0
        self._epoch_ends_ms = 0
        self._log = spool.create(
            log_file(run), (Effect.APPEND_RECORD, Effect.SYNC_RECORD), SEALED_MODE
        )
        self._heads = spool.create(
            heads_file(run), (Effect.APPEND_HEAD, Effect.SYNC_HEAD), SEALED_MODE
        )
        spool.sync_folder(log_file(run))

    def begin_run(self, begins: RunBegins) -> None:
        """Write the first two records of a run: its epoch and itself."""
        self._begin_epoch()
        self.commit(begins)

    def commit(self, body: Body) -> Record:
        """Write a record and its head durably; LogLost if that fails."""
        self.renew_if_due()
        return self._write(body)

    def renew_if_due(self) -> None:
        """Begin a new epoch if the one in force has signed or lasted enough."""
        if self._records_left <= 0 or self._clock.now().boottime_ms >= self._epoch_ends_ms:
            self._begin_epoch()

    def sign_standing(self, standing: Standing) -> bytes:
        """Sign how the open segment stands, by the epoch in force."""
        return sign_standing(self.origin, self.history.epoch, standing, self._living_key())

    def close(self) -> None:
        """Let go of the files and of the key."""
        self._log.close()
        self._heads.close()
        self._key = None

    def _begin_epoch(self) -> None:
        """Change the key; the order of effects is told in `keys.NextKeys`."""
        history, epoch = self.history, self.history.epoch + 1
        key = self._next_keys.promised(epoch, history.next_key_sha256)
        following = self._next_keys.prepare(epoch + 1)
        if self._key is None and history.size:
            self._keep_past(history, key)
        if self.before_epoch is not None:
            # The new key's standing lies beside the old one's, so that whichever epoch turns
            # out to be the last of this run, there is a standing of it.
            self.before_epoch(lambda s: sign_standing(self.origin, epoch, s, key))
        body = epoch_body(
            origin=self.origin,
            epoch=epoch,
            seq=history.size,
            prev=history.prev,
            key=key,
            next_public=following.public_key(),
            signer=self._signer,
            previous=self._key,
        )
        self._key = key
        self._records_left = RECORDS_OF_AN_EPOCH
        self._epoch_ends_ms = self._clock.now().boottime_ms + EPOCH_MS
        self._write(body, epoch)
        self._next_keys.forget_used()

    def _living_key(self) -> Ed25519PrivateKey:
        if self._key is None:  # pragma: no cover - it signs between begin_run and close only
            raise LogLost("This run has no key: it has not begun, or it has ended.")
        return self._key

    def _write(self, body: Body, epoch: int | None = None) -> Record:
        key, history = self._living_key(), self.history
        record = Record(
            seq=history.size,
            run=self.run,
            epoch=history.epoch if epoch is None else epoch,
            prev=history.prev,
            salt=self._random(_SALT_BYTES).hex(),
            at=self._clock.now(),
            origin=self.origin,
            body=body,
        )
        line = encode_record(record)
        place = Place(self.run, self._log.length, self._heads.length)
        try:
            self._log.append(line)  # 1
            self._log.sync()  # 2
            history.take(record, line, place)
            head = Head(self.origin, history.size, history.tree.root())
            self._heads.append(sign_head(head, key))  # 3
            self._heads.sync()  # 4
        except StorageLost as error:
            raise LogLost(str(error)) from error
        self._records_left -= 1
        return record
