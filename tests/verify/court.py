"""Where a package is judged: memory as `PackageFiles`, and short words for a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.verdict import Finding, Verdict, Weight
from recorder.evidence.verify.examine import Question, examine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from recorder.evidence.age import Identity
    from recorder.evidence.trust import Trust
    from recorder.evidence.verify.receipts import Outside


class MemoryFiles:
    """A package in memory; a name of `unreadable` is one that the disk does not give."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        unreadable: frozenset[str] = frozenset(),
        block_bytes: int = 50_000,
    ) -> None:
        self._files = dict(files)
        self._unreadable = unreadable
        self._block_bytes = block_bytes

    def names(self) -> Iterable[str]:
        return self._files.keys()

    def size(self, name: str) -> int:
        return len(self._whole(name))

    def read(self, name: str) -> Iterator[bytes]:
        data = self._whole(name)
        for start in range(0, len(data), self._block_bytes):
            yield data[start : start + self._block_bytes]

    def _whole(self, name: str) -> bytes:
        if name not in self._files:
            raise Malformed(f"{name} is not in the package.")
        if name in self._unreadable:
            raise Malformed("The disk does not give it.")
        return self._files[name]


def judged(
    files: Mapping[str, bytes],
    trust: Trust,
    *identities: Identity,
    outside: Outside | None = None,
    unreadable: frozenset[str] = frozenset(),
) -> Verdict:
    """Give the verdict on a package in memory."""
    return examine(MemoryFiles(files, unreadable), Question(trust, identities, outside), map)


def codes(verdict: Verdict) -> set[str]:
    """Give the codes that say more than a note."""
    return {each.code for each in verdict.findings if each.weight is not Weight.NOTE}


def notes(verdict: Verdict) -> set[str]:
    return {each.code for each in verdict.findings if each.weight is Weight.NOTE}


def first(verdict: Verdict, code: str) -> Finding:
    """Give the first finding with `code`."""
    return next(each for each in verdict.findings if each.code == code)
