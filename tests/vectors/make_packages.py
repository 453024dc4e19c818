"""Write the package vectors: small packages, honest and not, each with the verdict it must get.

`python -m tests.vectors.make_packages` writes `tests/vectors/packages/`. The same code always
writes the same bytes. A vector never changes: a new format version adds a folder.

Each `NAME.json` holds `about`, `files` (name → base64), `key` (whether the station's key is
used), `trust` (the trust file, `trust.toml` if absent) and `expected`: the verdict without its
sentences. `station.agekey` serves all of them.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.evidence.head import parse_signed_head, sign_head
from recorder.evidence.moment import ClockSource
from recorder.evidence.package import TAGS
from recorder.evidence.record import ClockStep, Ending, MarkKind, StartCause
from recorder.evidence.trust import parse_trust
from recorder.evidence.verdict import Language, Verdict, verdict_value
from tests.verify.conftest import Scene, enrolled
from tests.verify.court import judged
from tests.verify.forger import FILM, NEXT_FILM, Forger
from tests.verify.station import CREW, Station

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parent / "packages"
PLAIN, PINNED = "trust.toml", "trust-commands.toml"
SPOKEN = frozenset({"sentence", "because"})


@dataclass(frozen=True, slots=True)
class Vector:
    """A package and how it is judged."""

    name: str
    about: str
    files: dict[str, bytes]
    key: bool = False
    trust: str = PLAIN

    def text(self, scene: Scene) -> str:
        """Give the vector as it lies in its file."""
        described = {
            "about": self.about,
            "key": self.key,
            **({} if self.trust == PLAIN else {"trust": self.trust}),
            "files": {name: b64encode(data).decode() for name, data in sorted(self.files.items())},
            "expected": unspoken(verdict_on(self, scene)),
        }
        return json.dumps(described, ensure_ascii=False, indent=1) + "\n"


def verdict_on(vector: Vector, scene: Scene) -> Verdict:
    keys = (scene.unit.station_key,) if vector.key else ()
    return judged(vector.files, parse_trust(trust_texts(scene)[vector.trust]), *keys)


def trust_texts(scene: Scene) -> dict[str, str]:
    """Give each trust file: without the key that signs commands, and with it."""
    plain = scene.station.trust_text()
    pinning = replace(scene.station, pins_commands=True)
    return {PLAIN: plain, PINNED: pinning.trust_text()}


def unspoken(verdict: Verdict) -> object:
    """Give a verdict's JSON without its sentences, whose wording may improve."""
    return _without(verdict_value(verdict, Language.EN))


def _without(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without(part) for key, part in value.items() if key not in SPOKEN}
    if isinstance(value, list):
        return [_without(part) for part in value]
    return value


def small() -> Scene:
    return enrolled(fragment_bytes=60)


def recorded() -> Scene:
    scene = small()
    scene.unit.record(1, 1)
    return scene


def forged(deed: Callable[[Forger], object]) -> dict[str, bytes]:
    """Give an honest package after somebody's deed, with its lists written anew."""
    scene = recorded()
    forger = Forger(scene.station.package(scene.unit))
    deed(forger)
    return forger.handed_over()


def vectors() -> Iterator[Vector]:
    """Give every vector."""
    yield from _honest()
    yield from _files()
    yield from _log()
    yield from _doubtful()
    yield from _ordered()


def _honest() -> Iterator[Vector]:
    scene = recorded()
    files = scene.station.package(scene.unit)
    yield Vector("honest", "one recording of two segments", files)
    yield Vector("honest-opened", "the same, with the station's key", files, key=True)
    cut = small()
    number = cut.unit.start()
    cut.unit.power_cut(number, 1, 1.0, torn_log=b'{"at"', torn_heads=b"bao")
    resumed = cut.unit.start(StartCause.RESUME, continues=number)
    cut.unit.go_on(resumed, 1, 1.0)
    about = "power is cut in a segment, torn lines are stated, the unit resumes"
    yield Vector("honest-power-cut", about, cut.station.package(cut.unit), key=True)
    day = small()
    number = day.unit.start()
    day.unit.segment(number, 1, 1, Ending.TURN)
    day.unit.gap(3000)
    day.unit.mark()
    day.unit.go_on(number, 2, 1.0)
    day.unit.say(ClockStep(20, ClockSource.NTP, "step"))
    day.station.take_in(day.unit)
    day.unit.shut_down()
    day.unit.boot()
    day.unit.record(1)
    about = "a stated gap, a mark, a clock step, a second run; recording 2 is elsewhere"
    yield Vector("honest-day", about, day.station.package(day.unit, 1))
    shot = small()
    number = shot.unit.start()
    shot.unit.mark(MarkKind.PHOTO)
    shot.unit.go_on(number, 1, 1.0)
    about = "the officer took a photo: a mark of that kind"
    yield Vector("honest-photo", about, shot.station.package(shot.unit))


def _files() -> Iterator[Vector]:
    yield Vector("flipped-byte", "a byte of a film is changed", forged(lambda f: f.flip(FILM, 600)))
    about = "the same, with the station's key"
    yield Vector("flipped-byte-opened", about, forged(lambda f: f.flip(FILM, 600)), key=True)
    yield Vector("truncated-film", "a film is cut short", forged(lambda f: f.cut(FILM, 500)))
    yield Vector("missing-film", "a film is removed", forged(lambda f: f.drop(NEXT_FILM)))
    yield Vector(
        "swapped-films", "two films change places", forged(lambda f: f.swap(FILM, NEXT_FILM))
    )
    about = "a file is added"
    yield Vector("extra-file", about, forged(lambda f: f.files.update({"data/extra": b"x"})))
    scene = recorded()
    files = scene.station.package(scene.unit)
    bare = {name: data for name, data in files.items() if name not in TAGS}
    yield Vector("bag-tags-removed", "the bag's own files are gone", bare)


def _log() -> Iterator[Vector]:
    def edit(forger: Forger) -> None:
        forger.replace_line(4, b'"heard":true', b'"heard":false')

    def with_float(forger: Forger) -> None:
        forger.replace_line(4, b'"score_permille":870', b'"score_permille":870.0')

    yield Vector("edited-record", "a record is edited", forged(edit))
    yield Vector("float-in-record", "a record holds a float", forged(with_float))
    removed = forged(lambda f: f.lines(lambda lines: lines[:4] + lines[5:]))
    yield Vector("removed-record", "a record is removed", removed)
    missing = forged(lambda f: f.heads(lambda heads: heads[:4] + heads[5:]))
    yield Vector("missing-head", "a head in the middle is removed", missing)
    yield Vector("cut-log", "the end is cut, the receipt is left", forged(lambda f: f.cut_log(6)))

    def without_trace(forger: Forger) -> None:
        forger.cut_log(6)
        forger.restate(size=6)
        forger.drop_receipts()
        forger.drop(*[name for name in forger.files if "000001-0002" in name])

    yield Vector("cut-without-trace", "the end is cut with every receipt", forged(without_trace))
    scene = recorded()
    scene.unit.shut_down()
    scene.unit.boot()
    key = scene.unit.life.key
    assert key is not None
    later = Forger(scene.station.package(scene.unit))
    later.heads(lambda hs: [*hs[:4], sign_head(parse_signed_head(hs[4]).head, key), *hs[5:]])
    about = "an old head is signed by a later epoch's key"
    yield Vector("later-epoch-signs-old-head", about, later.handed_over())


def _doubtful() -> Iterator[Vector]:
    scene = small()
    Station(seed=77).enrol(scene.unit)
    scene.unit.record(1)
    about = "the certificate leads to a root that nobody trusts"
    yield Vector("self-made-certificate", about, scene.station.package(scene.unit))
    scene = recorded()
    name, proof = scene.station.receipt(scene.unit, witnesses=("witness-1.example",))
    scene.unit.files[name] = proof
    files = scene.station.package(scene.unit, final_receipt=False)
    yield Vector("one-witness", "the receipt lacks a witness", files)
    scene = small()
    scene.unit.clock = replace(scene.unit.clock, wrong_by_ms=-86_400_000)
    scene.unit.shut_down()
    scene.unit.boot()
    scene.unit.record(1)
    files = scene.station.package(scene.unit)
    yield Vector("back-dated", "the unit's clock is a day slow and states 50 ms", files)


def _ordered() -> Iterator[Vector]:
    def commanded() -> Scene:
        scene = small()
        scene.unit.obey(scene.station.order(scene.unit, 17))
        scene.unit.record(1, 1)
        return scene

    scene = commanded()
    files = scene.station.package(scene.unit)
    about = "officers ordered by command, and a trust file that pins the key"
    yield Vector("honest-commanded", about, files, key=True, trust=PINNED)
    about = "the same, and a trust file that knows no such key"
    yield Vector("honest-commanded-unpinned", about, files, key=True)
    about = "the same, and no key that opens the sidecars"
    yield Vector("honest-commanded-closed", about, files, trust=PINNED)
    scene = small()
    scene.unit.record(1)
    files = scene.station.package(scene.unit)
    about = "no command at all, and a trust file that pins the key"
    yield Vector("honest-uncommanded", about, files, key=True, trust=PINNED)
    scene = commanded()
    scene.unit.obey(scene.station.order(scene.unit, 17))
    scene.unit.record(1)
    about = "a command is obeyed twice"
    yield Vector("command-twice", about, scene.station.package(scene.unit))
    scene = small()
    scene.unit.ordered, scene.unit.officers = scene.station.order(scene.unit, 17), CREW
    scene.unit.record(1)
    files = scene.station.package(scene.unit)
    about = "a sidecar shows a command that no record states"
    yield Vector("command-unrecorded", about, files, key=True, trust=PINNED)
    scene = small()
    strange = scene.unit.random.ed25519()
    scene.unit.obey(scene.station.order(scene.unit, 17, key=strange))
    scene.unit.record(1)
    files = scene.station.package(scene.unit)
    about = "a command by a key that is not pinned"
    yield Vector("command-of-a-strange-key", about, files, key=True, trust=PINNED)


def main() -> None:
    """Write all vectors."""
    FOLDER.mkdir(exist_ok=True)
    scene = small()
    for name, text in trust_texts(scene).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    (FOLDER / "station.agekey").write_text(scene.unit.station_key.text() + "\n", encoding="utf-8")
    for vector in vectors():
        (FOLDER / f"{vector.name}.json").write_text(vector.text(scene), encoding="utf-8")


if __name__ == "__main__":
    main()
