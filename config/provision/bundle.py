"""A support bundle: what an engineer needs, and nothing that a person recorded or a key opens.

Only what is listed here goes in. Sealed films, sidecars, receipts and key folders are told by
name and length alone; every text is searched for secrets before it is packed.
"""

from __future__ import annotations

import io
import json
import platform
import tarfile
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from config.keys import is_secret
from config.refusal import cannot, refusal
from config.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SETTINGS = ("rules", "fleet", "unit", "custody", "courier", "release")
_MOST_BYTES = 16 << 20
_NEVER = (b"\x00", b"age-encryption.org/v1", b"-----BEGIN")  # films have NULs, texts have none


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose bundle: the folder of settings, the unit's disk, and any logs for engineers."""

    settings: Path
    state: Path
    logs: tuple[Path, ...] = ()


def bundle(subject: Subject, made_utc: str) -> bytes:
    """Return a tar.gz. Raise ConfigRefused if a text holds a secret, or cannot be read."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in _parts(subject, made_utc):
            _check_harmless(name, data)
            entry = tarfile.TarInfo(f"shilu-support/{name}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _parts(subject: Subject, made_utc: str) -> Iterator[tuple[str, bytes]]:
    versions = {
        "made": made_utc,
        "shilu": metadata.version("shilu"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "machine": platform.machine(),
    }
    yield "versions.json", json.dumps(versions, indent=1).encode()
    yield "files.txt", "".join(f"{line}\n" for line in _listing(subject.state)).encode()
    for name in _SETTINGS:
        path = subject.settings / f"{name}.toml"
        if path.exists():
            yield f"settings/{path.name}", _read(path)
    spool_log = subject.state / "spool" / "log"
    for path in sorted(spool_log.iterdir()) if spool_log.is_dir() else ():
        if path.suffix in {".jsonl", ".heads"}:
            yield f"log/{path.name}", _read(path)
    for path in subject.logs:
        yield f"engineers/{path.name}", _read(path)


def _listing(state: Path) -> Iterator[str]:
    """Tell every file's length and mode; no content."""
    for path in sorted(state.rglob("*")):
        if path.is_file():
            stat = path.stat()
            yield f"{stat.st_size:>12} {stat.st_mode & 0o777:03o} {path.relative_to(state)}"


def _read(path: Path) -> bytes:
    """Read a text, its end where it is long."""
    try:
        with path.open("rb") as text:
            text.seek(max(0, path.stat().st_size - _MOST_BYTES))
            return text.read(_MOST_BYTES)
    except OSError as error:
        raise cannot(path, error) from error


def _check_harmless(name: str, data: bytes) -> None:
    if is_secret(data.decode("utf-8", "replace")) or any(mark in data for mark in _NEVER):
        raise refusal(
            name,
            Words("里面有密钥或录像，没有打包", "holds a key or footage; nothing was packed"),
            Words("查清怎么来的，换掉这把密钥", "Find out how it got there, and replace that key"),
        )
