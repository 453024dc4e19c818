"""Write the seeds of a batch into folders or into copies of an image; nothing is mounted.

First the whole batch is checked, then anything is written. What was written is read back.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.provision.seeds import MODEL, Layers, seed, unit_text
from config.provision.speech import NOTICE, OFFICERS, files_of, own_clips
from config.refusal import cannot, read_text, refusal, unusable, write_new
from config.words import ConfigRefused, Problem, Words

if TYPE_CHECKING:
    from config.provision.batch import UnitRow

_FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E})
_SECTOR_BYTES = 512
_CALL_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Flashed:
    """One unit that is ready: where it lies, and by which seed and configuration."""

    unit: str
    place: Path
    seed_sha256: str
    config_sha256: str
    notice_sha256: str


@dataclass(frozen=True, slots=True)
class Seed:
    """A unit's files, and the digests of its configuration and of its spoken notice, if any."""

    files: dict[str, bytes]
    config_sha256: str
    notice_sha256: str


def seeds_of(
    rows: tuple[UnitRow, ...],
    rules: load.Source,
    fleet: Path,
    model: Path | None = None,
    recorded: Path | None = None,
) -> dict[str, Seed]:
    """Return each unit's seed and configuration digest; ConfigRefused with all problems of all."""
    fleet_source = load.Source(fleet.name, read_text(fleet).encode())
    shared = read_text(model) if model is not None else MODEL
    problems: list[Problem] = []
    found = {}
    for row in rows:
        layers = Layers(rules.data.decode(), fleet_source.data.decode(), unit_text(row, shared))
        unit = load.Source(f"{row.unit}/unit.toml", layers.unit.encode())
        try:
            config = load.load(rules, fleet_source, unit)
        except ConfigRefused as refused:
            problems += [one for one in refused.problems if one not in problems]
            continue
        clips = own_clips(config, row.officers, _recordings(recorded, row.unit))
        notice = next((clip.sha256 for clip in clips if clip.id == NOTICE), "")
        files = seed(row, layers, config.digest, files_of(clips))
        found[row.unit] = Seed(files, config.digest, notice)
    if problems:
        raise ConfigRefused(tuple(problems))
    return found


def _recordings(folder: Path | None, unit: str) -> dict[str, Path]:
    """Find a unit's own recordings by a person: `<unit>.notice.wav`, `<unit>.officers.wav`."""
    if folder is None:
        return {}
    named = {clip: folder / f"{unit}.{clip}.wav" for clip in (NOTICE, OFFICERS)}
    return {clip: path for clip, path in named.items() if path.exists()}


def flash(seeds: dict[str, Seed], to: Path, image: Path | None) -> tuple[Flashed, ...]:
    """Write a folder of seed files for each unit, or a copy of `image` with the seed in it.

    Raise ConfigRefused if anything is there already, or cannot be written or read back.
    """
    offset = boot_partition(image) if image is not None else 0
    done = []
    for unit, seed_of in seeds.items():
        files = seed_of.files
        if image is None:
            place = to / unit
            for name, data in files.items():
                write_new(place / name, data)
        else:
            place = to / f"{unit}.img"
            _copy(image, place)
            _put(place, offset, files)
        seed_digest = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()
        digests = (seed_digest, seed_of.config_sha256, seed_of.notice_sha256)
        done.append(Flashed(unit, place, *digests))
    listed = ["unit,place,seed_sha256,config_sha256,notice_sha256"]
    listed += [
        f"{d.unit},{d.place.name},{d.seed_sha256},{d.config_sha256},{d.notice_sha256}" for d in done
    ]
    write_new(to / "flashed.csv", ("\n".join(listed) + "\n").encode())
    return tuple(done)


def boot_partition(image: Path) -> int:
    """Return where the first FAT partition begins, in bytes; ConfigRefused if there is none."""
    try:
        with image.open("rb") as raw:
            table = raw.read(_SECTOR_BYTES)
    except OSError as error:
        raise cannot(image, error) from error
    if len(table) == _SECTOR_BYTES and table[510:] == b"\x55\xaa":
        for at in range(446, 510, 16):
            if table[at + 4] in _FAT_TYPES:
                first: int = struct.unpack_from("<I", table, at + 8)[0]
                return first * _SECTOR_BYTES
    raise refusal(
        image,
        Words("没有 FAT 启动分区，不是树莓派系统镜像", "has no FAT boot partition"),
        Words("用树莓派系统的 .img（先解压）", "Use an unpacked Raspberry Pi OS .img"),
    )


def _copy(image: Path, place: Path) -> None:
    if place.exists():
        raise refusal(
            str(place),
            Words("已经存在，不覆盖", "is there already and is not overwritten"),
            Words("换一个目录", "Choose another folder"),
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    _call("cp", "--reflink=auto", "--sparse=always", "--", str(image), str(place))


def _put(place: Path, offset: int, files: dict[str, bytes]) -> None:
    """Copy the seed into the boot partition, and compare what it reads back."""
    drive = f"{place}@@{offset}"
    with tempfile.TemporaryDirectory() as kept:
        out, back = Path(kept, "out"), Path(kept, "back")
        out.mkdir()
        back.mkdir()
        for name, data in files.items():
            (out / name).write_bytes(data)
        _call("mcopy", "-o", "-i", drive, *(str(out / name) for name in files), "::/")
        _call("mcopy", "-i", drive, *(f"::/{name}" for name in files), str(back))
        for name, data in files.items():
            if (back / name).read_bytes() != data:
                raise unusable(
                    place,
                    Words(f"{name} 读回来不一样", f"reads back another {name}"),
                    Words("换一张卡，重新写", "Write it again, to another card"),
                )


def _call(*words: str) -> None:
    program = shutil.which(words[0])
    if program is None:
        package = "mtools" if words[0] == "mcopy" else "coreutils"
        raise unusable(
            words[0],
            Words("没有这个程序", "is not installed"),
            Words(f"安装软件包 {package}", f"Install the package {package}"),
        )
    ran = subprocess.run(
        [program, *words[1:]], capture_output=True, text=True, timeout=_CALL_SECONDS, check=False
    )
    if ran.returncode:
        said = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        raise unusable(
            words[-1],
            Words(f"写不进去（{said}）", f"cannot be written ({said})"),
            Words("检查剩余空间和镜像", "Check free space and the image"),
        )
