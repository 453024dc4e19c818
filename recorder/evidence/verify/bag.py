"""Step 1: every file that the bag lists exists with its digest, and no other file is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recorder.evidence.errors import Malformed
from recorder.evidence.package import (
    BAGIT,
    MANIFEST,
    PACKAGE_JSON,
    PAYLOAD,
    TAG_MANIFEST,
    PackageFiles,
    PackageStatement,
    check_bagit,
    parse_manifest,
    parse_package,
    read_whole,
)
from recorder.evidence.verdict import Place
from recorder.evidence.verify.closed_words import STATEMENTS
from recorder.evidence.verify.codes import Code, found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from recorder.evidence.verdict import Finding
    from recorder.evidence.verify.ledger import Ledger
    from recorder.evidence.verify.reading import Seen


# What Windows and macOS write into folders unasked; macOS besides `._X` beside each X.
_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(slots=True)
class Bag:
    """What the bag's own files say; `listed` is file → digest, None where a list is no list."""

    payload: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None
    statement: PackageStatement | None = None
    findings: list[Finding] = field(default_factory=list)


def read_bag(files: PackageFiles) -> Bag:
    """Read the bag's lists and `package.json`; what is wrong with them becomes findings."""
    bag = Bag()
    try:
        check_bagit(read_whole(files, BAGIT))
    except Malformed as error:
        bag.findings.append(found(Code.BAG_FORM, Place(file=BAGIT), why=error))
    bag.payload = _manifest(files, MANIFEST, bag)
    bag.tags = _manifest(files, TAG_MANIFEST, bag)
    try:
        bag.statement = parse_package(read_whole(files, PACKAGE_JSON))
    except Malformed as error:
        bag.findings.append(found(Code.PACKAGE_FORM, Place(file=PACKAGE_JSON), why=error))
    return bag


def _manifest(files: PackageFiles, name: str, bag: Bag) -> Mapping[str, str] | None:
    try:
        return parse_manifest(read_whole(files, name), name)
    except Malformed as error:
        bag.findings.append(found(Code.BAG_FORM, Place(file=name), why=error))
        return None


def bag_step(bag: Bag, seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Compare the lists with the files."""
    yield from bag.findings
    for name, file in sorted(seen.items()):
        if file.unreadable:
            yield found(Code.FILE_UNREADABLE, Place(file=name), why=file.unreadable)
    payload = {name: file for name, file in seen.items() if name.startswith(PAYLOAD)}
    tags = {
        name: file
        for name, file in seen.items()
        if not name.startswith(PAYLOAD) and name != TAG_MANIFEST
    }
    strays = litter(bag, seen)
    for listed, here in ((bag.payload, payload), (bag.tags, tags)):
        yield from _compare(
            listed, {name: file for name, file in here.items() if name not in strays}
        )
    for name in sorted(strays):
        yield found(Code.FILE_LITTER, Place(file=name))


def litter(bag: Bag, names: Collection[str]) -> set[str]:
    """Give the files that a computer's desktop lays into a folder that somebody looks into.

    Whoever packs a bag lists them: what is listed is none.
    """
    if bag.payload is None or bag.tags is None:
        return set()
    listed = bag.payload.keys() | bag.tags.keys()
    return {name for name in names if name not in listed and _is_litter(name, names)}


def _is_litter(name: str, names: Collection[str]) -> bool:
    folder, slash, own = name.rpartition("/")
    twin = own.removeprefix("._")
    return own in _DESKTOPS or (twin != own and f"{folder}{slash}{twin}" in names)


def _compare(listed: Mapping[str, str] | None, seen: Mapping[str, Seen]) -> Iterator[Finding]:
    if listed is None:
        return
    for name, sha256 in sorted(listed.items()):
        file = seen.get(name)
        if file is None:
            yield found(Code.BAG_MISSING, Place(file=name))
        elif not file.unreadable and file.sha256 != sha256:
            yield found(Code.BAG_DIGEST, Place(file=name))
    for name in sorted(set(seen) - set(listed)):
        yield found(Code.BAG_UNLISTED, Place(file=name))


def statement_step(bag: Bag, ledger: Ledger) -> Iterator[Finding]:
    """Compare what `package.json` expects with the log; nothing of it is believed."""
    if bag.statement is None:
        return
    pairs = (
        ("size", bag.statement.size, ledger.records),
        ("origin", bag.statement.origin, ledger.origin),
    )
    for what, stated, counted in pairs:
        if stated != counted:
            yield found(
                Code.PACKAGE_DISAGREES,
                Place(file=PACKAGE_JSON),
                what=STATEMENTS[what],
                stated=stated,
                found=counted,
            )
