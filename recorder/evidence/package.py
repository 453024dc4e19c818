"""A package as files by name: the bag's lists and `package.json`, parsed and never believed.

Names are relative with `/` between parts. Who lists and reads them (a folder, a disc, memory) is
not known here; see `PackageFiles`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from recorder.evidence.canonical import decode
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from recorder.evidence.words import parse_origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from recorder.evidence.canonical import Value

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
TAGS = (BAGIT, BAG_INFO, MANIFEST, TAG_MANIFEST)
PACKAGE_JSON = "data/package.json"
PAYLOAD = "data/"
STAMPS = "stamps/"
UNIT = "data/unit/"
MOST_BYTES = 64 << 20
_LISTED = re.compile(r"([0-9a-f]{64}) {1,2}\*?(\S.*)")
_ESCAPED = re.compile(r"%(0A|0D|25)", re.IGNORECASE)


class PackageFiles(Protocol):
    """The files of a package. What cannot be read raises Malformed with a sentence."""

    def names(self) -> Iterable[str]:
        """Give every name in the package, links and other strange things included."""

    def size(self, name: str) -> int:
        """Give the length of a file in bytes."""

    def read(self, name: str) -> Iterator[bytes]:
        """Give a file's bytes in blocks."""


@dataclass(frozen=True, slots=True)
class PackageStatement:
    """What `package.json` says is in the package."""

    made: str
    origin: str
    recordings: tuple[int, ...]
    size: int
    station: str


def read_whole(files: PackageFiles, name: str, most_bytes: int = MOST_BYTES) -> bytes:
    """Give a small file whole; raise Malformed if it is larger than `most_bytes`."""
    size = files.size(name)
    if size > most_bytes:
        raise Malformed(f"{name} has {size} bytes, far more than such a file can have.")
    return b"".join(files.read(name))


def is_package(names: Iterable[str]) -> bool:
    """Tell a package, however damaged, from a folder that never was one."""
    return any(name in {BAGIT, MANIFEST} or name.startswith(UNIT) for name in names)


def check_bagit(data: bytes) -> None:
    """Raise Malformed unless `bagit.txt` declares a bag that this format uses."""
    text = data.decode("ascii", "replace").replace("\r\n", "\n")
    if text != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
        raise Malformed(f"{BAGIT} does not declare BagIt 1.0 in UTF-8.")


def _unescape(name: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)


def parse_manifest(data: bytes, name: str) -> Mapping[str, str]:
    """Give file name → digest of a BagIt manifest; raise Malformed for any other line."""
    try:
        lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"{name} is not text in UTF-8.") from error
    listed: dict[str, str] = {}
    if lines[-1]:
        raise Malformed(f"The last line of {name} is cut off.")
    for number, line in enumerate(lines[:-1], 1):
        found = _LISTED.fullmatch(line)
        if found is None:
            raise Malformed(f"Line {number} of {name} is not a digest and a file name.")
        file = _unescape(found[2])
        if listed.setdefault(file, found[1]) != found[1]:
            raise Malformed(f"{name} lists {file} twice with different digests.")
    return listed


def _text(value: Mapping[str, Value], key: str) -> str:
    part = value[key]
    if not isinstance(part, str):
        raise Malformed(f"{key} in {PACKAGE_JSON} must be a text.")
    return part


def _count(part: Value) -> int:
    if type(part) is not int or part < 0:
        raise Malformed(f"{PACKAGE_JSON} has {part!r} where a count must stand.")
    return part


def parse_package(data: bytes) -> PackageStatement:
    """Give `package.json` as facts; raise Malformed if it is anything else."""
    if not data.endswith(b"\n"):
        raise Malformed(f"{PACKAGE_JSON} does not end with a line feed.")
    value = decode(data[:-1])
    keys = {"made", "origin", "recordings", "size", "station", "type", "v"}
    if not isinstance(value, dict) or set(value) != keys:
        raise Malformed(f"{PACKAGE_JSON} must have exactly the keys {', '.join(sorted(keys))}.")
    if value["v"] is True or value["v"] != 1 or value["type"] != "package":
        raise Malformed(f"{PACKAGE_JSON} is not a package of version 1.")
    recordings = value["recordings"]
    if not isinstance(recordings, list):
        raise Malformed(f"recordings in {PACKAGE_JSON} must be a list.")
    numbers = tuple(_count(number) for number in recordings)
    if list(numbers) != sorted(set(numbers)):
        raise Malformed(f"recordings in {PACKAGE_JSON} must rise.")
    utc_ms(_text(value, "made"))
    parse_origin(_text(value, "origin"))
    return PackageStatement(
        made=_text(value, "made"),
        origin=_text(value, "origin"),
        recordings=numbers,
        size=_count(value["size"]),
        station=_text(value, "station"),
    )
