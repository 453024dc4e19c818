"""A unit's log at the station: followed in memory, kept in the archive, forks kept as proof.

Order of effects of `extend`: 1 verified bytes are appended to the archive and synced. A crash
before leaves nothing; within, a beginning of true bytes, over which the next try writes the same.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from recorder.evidence.head import split_heads
from recorder.evidence.words import FileKind, heads_file, log_file, parse_file
from uplink.station.admission.unit_chain import BadLog, RunBytes, UnitChain
from uplink.station.store.archive import Archive
from uplink.station.store.quarantine import Proof


class Forked(Exception):
    """The unit's log contradicts what it signed before; both heads are the proof."""

    def __init__(self, file: str, sentence: str, proof: Proof | None) -> None:
        super().__init__(sentence)
        self.file = file
        self.proof = proof


@dataclass(slots=True)
class UnitLog:
    """One unit's log below `archive_folder`."""

    chain: UnitChain
    archive_folder: Path

    @classmethod
    def empty(
        cls, origin: str, identity: EllipticCurvePublicKey, archive_folder: Path
    ) -> "UnitLog":
        """Begin before the first record; `catch_up` follows what the archive holds."""
        return cls(UnitChain(origin, identity), archive_folder)

    def catch_up(self) -> None:
        """Follow what the archive holds and this worker has not seen.

        Raise BadLog when the archive is damaged.
        """
        names = (path.name for path in (self.archive_folder / "log").glob("*.jsonl"))
        runs = sorted(parse_file(f"log/{name}").run for name in names)
        for run in runs:
            span = self.chain.runs.get(run)
            path = self.archive_folder / log_file(run)
            if run < self.chain.newest_run or (
                span is not None and path.stat().st_size <= span.log_bytes
            ):
                continue
            files = {one: _read(self.archive_folder, one) for one in (run - 1, run) if one in runs}
            self.chain.follow(run, files)

    def extend(self, incoming: Mapping[int, RunBytes], archive: Archive) -> None:
        """Take in what is new in whole files of runs.

        Raise Forked when they contradict what is known; BadLog at the first bad record, the good
        ones before it taken in.
        """
        for run, files in sorted(incoming.items()):
            self._check_prefix(run, files)
        for run in sorted(incoming):
            known = {one: (s.log_bytes, s.heads_bytes) for one, s in self.chain.runs.items()}
            try:
                self.chain.follow(run, incoming)
            finally:
                self._archive(incoming, known, archive)

    def _archive(
        self,
        incoming: Mapping[int, RunBytes],
        known: Mapping[int, tuple[int, int]],
        archive: Archive,
    ) -> None:
        for run, span in self.chain.runs.items():
            old_log, old_heads = known.get(run, (0, 0))
            if run not in incoming:
                continue
            archive.step("unit log: before 1 (records)")
            if span.log_bytes > old_log:  # 1
                new = incoming[run].log[old_log : span.log_bytes]
                archive.extend(self.archive_folder / log_file(run), old_log, new)
            archive.step("unit log: within 1 (heads)")
            if span.heads_bytes > old_heads:
                new = incoming[run].heads[old_heads : span.heads_bytes]
                archive.extend(self.archive_folder / heads_file(run), old_heads, new)

    def _check_prefix(self, run: int, files: RunBytes) -> None:
        span = self.chain.runs.get(run)
        if span is None:
            return
        ours = _read(self.archive_folder, run)
        log = _differs(ours.log[: span.log_bytes], files.log)
        heads = _differs(ours.heads[: span.heads_bytes], files.heads)
        if log or heads:
            sentence = (
                f"run {run} of {self.chain.origin} is not the one that the station verified "
                "before; two units may run under one name, or a card was copied back. "
                "Both heads are kept"
            )
            proof = _proof(ours.heads, files.heads)
            raise Forked(log_file(run) if log else heads_file(run), sentence, proof)


def run_files(files: Mapping[str, Path], archive_folder: Path) -> dict[int, RunBytes]:
    """Read whole files of the runs that `files` name; what is missing comes from the archive."""
    runs = {
        parse_file(file).run
        for file in files
        if parse_file(file).kind in {FileKind.LOG, FileKind.HEADS}
    }
    whole: dict[int, RunBytes] = {}
    for run in runs | {run - 1 for run in runs}:
        log = files.get(log_file(run), archive_folder / log_file(run)) if run else Path()
        heads = files.get(heads_file(run), archive_folder / heads_file(run)) if run else Path()
        # A part may be gone meanwhile: the unit went over to another worker, which has it now.
        with contextlib.suppress(FileNotFoundError):
            if run:
                whole[run] = RunBytes(log.read_bytes(), heads.read_bytes())
    return whole


def _read(folder: Path, run: int) -> RunBytes:
    log, heads = folder / log_file(run), folder / heads_file(run)
    return RunBytes(
        log.read_bytes() if log.exists() else b"", heads.read_bytes() if heads.exists() else b""
    )


def _differs(ours: bytes, theirs: bytes) -> bool:
    shared = min(len(ours), len(theirs))
    return ours[:shared] != theirs[:shared]


def _proof(ours: bytes, theirs: bytes) -> Proof | None:
    """Return the first two heads of one size that contradict each other."""
    for our, their in zip(split_heads(ours)[0], split_heads(theirs)[0], strict=False):
        if our != their:
            return Proof(our.decode("utf-8", "replace"), their.decode("utf-8", "replace"))
    return None


__all__ = ["BadLog", "Forked", "UnitLog", "run_files"]
