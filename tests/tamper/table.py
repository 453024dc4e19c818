"""The table that every forger sits at: an honest package to change, a unit to make lie, a court.

A case is a function that does one deed and hands over what came of it. Its decorator names the
deed's number, draws it, and says what the court must answer: five letters for content,
completeness, identity, time and custody (`+` proven, `x` disproved, `?` not provable) and the
codes of all that is more than a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from recorder.evidence.age import decrypt, encrypt
from recorder.evidence.head import parse_signed_head
from recorder.evidence.verdict import Axis, Word
from recorder.evidence.verify.receipts import Outside
from tests.verify.conftest import Scene, enrolled
from tests.verify.court import codes, judged
from tests.verify.forger import HEADS, Forger
from tests.verify.unit import Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from recorder.evidence.age import Identity
    from recorder.evidence.verdict import Verdict

LETTERS = {Word.PROVEN: "+", Word.DISPROVED: "x", Word.NOT_PROVABLE: "?"}
# 40 kB each half second: a film of 2 s spans three age chunks.
FRAGMENT_BYTES = 40_000

# The honest package that most cases change, records and their numbers:
#   epoch run anchor start notice segment segment segment stop
#     0    1    2     3      4       5       6       7     8


@dataclass(frozen=True, slots=True)
class Case:
    """One deed, its drawing, and what the court must say."""

    number: str
    drawing: str
    expected: str
    deed: Callable[[Table], Verdict]

    def sentence(self) -> str:
        return f"{self.number} {self.deed.__name__.replace('_', ' ')}: {self.drawing}"


def case(number: str, drawing: str, *expected: str) -> Callable[[Callable[[Table], Verdict]], Case]:
    return lambda deed: Case(number, drawing, " ".join(expected), deed)


def cases_of(*modules: ModuleType) -> Iterator[Case]:
    for module in modules:
        yield from (each for each in vars(module).values() if isinstance(each, Case))


def drawn(verdict: Verdict) -> str:
    """Draw a verdict: five letters, then the codes in the order of the alphabet."""
    letters = "".join(LETTERS[verdict.axes[axis].word] for axis in Axis)
    return " ".join([letters, *sorted(codes(verdict))])


@dataclass(frozen=True, slots=True)
class Handed:
    """What lay before the court: the files, whom it believes, its keys, a head from outside."""

    files: Mapping[str, bytes]
    trust: str
    keys: tuple[Identity, ...]
    outside: Outside | None


class Table:
    """What a forger has at hand. Everything is made anew for each case."""

    def __init__(self, honest: tuple[Scene, Mapping[str, bytes]]) -> None:
        self.made_by, files = honest
        self.forger = Forger(files)
        self.handed: Handed | None = None

    @cached_property
    def scene(self) -> Scene:
        """A unit that has recorded nothing yet, and its station."""
        return enrolled()

    def hand_over(self, *, key: bool = False, outside: Outside | None = None) -> Verdict:
        """Judge the changed package, its bag's lists written anew."""
        return self.judge(self.forger.handed_over(), key=key, outside=outside)

    def judge(
        self, files: Mapping[str, bytes], *, key: bool = False, outside: Outside | None = None
    ) -> Verdict:
        return self._court(self.made_by, files, key=key, outside=outside)

    def hand_in(self, *, final_receipt: bool = True, key: bool = False) -> Verdict:
        """Judge what the unit of `scene` recorded, with or without a last receipt."""
        files = self.scene.station.package(self.scene.unit, final_receipt=final_receipt)
        return self._court(self.scene, files, key=key, outside=None)

    def judge_of_scene(self, *, key: bool = False) -> Verdict:
        """Judge what the forger holds of the unit of `scene`."""
        return self._court(self.scene, self.forger.handed_over(), key=key, outside=None)

    def _court(
        self, made_by: Scene, files: Mapping[str, bytes], *, key: bool, outside: Outside | None
    ) -> Verdict:
        keys = (made_by.unit.station_key,) if key else ()
        self.handed = Handed(dict(files), made_by.station.trust_text(), keys, outside)
        return judged(files, made_by.station.trust(), *keys, outside=outside)

    def reseal(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Open a file with the station's key, change it, and encrypt it anew."""
        recipients = self.made_by.unit.recipients()
        self.forger.files[name] = encrypt(change(self.clear(name)), recipients, Dice(5))

    def clear(self, name: str) -> bytes:
        """Open a file with the station's key."""
        return decrypt(self.forger.files[name], [self.made_by.unit.station_key])

    def head_at_the_scene(self) -> Outside:
        """The newest head, as the unit showed it to somebody who kept it."""
        lines = self.forger.files[HEADS].splitlines(keepends=True)
        return Outside(parse_signed_head(b"".join(lines[-5:])), "qr.txt")


def honest_package() -> tuple[Scene, dict[str, bytes]]:
    """One recording of three segments of 2 s, anchored before and receipted after."""
    scene = enrolled(fragment_bytes=FRAGMENT_BYTES)
    scene.unit.record(2, 2, 2)
    return scene, scene.station.package(scene.unit)
