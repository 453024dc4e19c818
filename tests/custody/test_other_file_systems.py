"""The flags on another file system than ext4, under a kernel of its own: User Mode Linux.

Debian's `user-mode-linux` brings f2fs and boots in a second; it needs no root and no virtual
machine. It is built without fs-verity, so nothing here says anything of that.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
FIRST = ROOT / "tests" / "rig" / "uml" / "first.sh"
CARD_BYTES = 128 * 1024 * 1024
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def _modules(linux: Path, *names: str) -> str:
    """Name modules of this kernel, in their order."""
    asked = subprocess.run([linux, "--version"], capture_output=True, text=True, check=True)
    folder = Path("/usr/lib/uml/modules") / asked.stdout.strip() / "kernel"
    return ",".join(str(folder / f"{name}.ko") for name in names)


def _told(linux: Path, card: Path, file_system: str, modules: str) -> dict[str, Any]:
    """Boot with this card, let `deeds` do its work, and give what it told."""
    done = subprocess.run(
        [
            linux, "mem=256M", "rootfstype=hostfs", "rootflags=/", "ro", f"init={FIRST}",
            "con=null", "con0=null,fd:1", "ssl=null", "quiet", f"ubda={card}",
            f"shilu_fs={file_system}", f"shilu_modules={modules}",
            f"shilu_python={sys.executable}", f"shilu_root={ROOT}",
        ],
        capture_output=True, text=True, timeout=200, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(card.parent)},
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 1, done.stdout[-3000:]
    told: dict[str, Any] = json.loads(lines[0])
    return told


def test_root_is_refused_on_f2fs_while_the_flags_stand(
    need: Callable[[str], Path], tmp_path: Path
) -> None:
    if platform.machine() != "x86_64":
        pytest.skip("User Mode Linux is for x86-64 alone.")
    linux, card = need("linux.uml"), tmp_path / "card.img"
    with card.open("wb") as file:
        file.truncate(CARD_BYTES)
    subprocess.run([need("mkfs.f2fs"), "-q", card], check=True, capture_output=True)
    told = _told(linux, card, "f2fs", _modules(linux, "crypto/crc32_generic", "fs/f2fs/f2fs"))
    assert told["protection"] == ["mode", "append-only", "immutable"]
    assert [deed for deed, refused in told["refused"].items() if not refused] == []
    assert len(told["refused"]) == 42
    assert [deed for deed, refused in told["unprotected"].items() if refused] == []
    assert told["same"]
    assert told["proven"]
