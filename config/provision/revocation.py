"""A unit is lost or its key stolen: from an instant on, its word counts only with a receipt.

The trust file keeps every line that it had; a revocation is only ever added.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from config.refusal import cannot, read_text, refusal
from config.words import Words
from recorder.evidence.errors import EvidenceError
from recorder.evidence.moment import utc_ms, utc_text
from recorder.evidence.trust import parse_trust
from recorder.evidence.words import check_unit

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_CALL_SECONDS = 120


def revoke(trust: Path, unit: str, since: str, now: datetime) -> str:
    """Write `[[revoked]]` into the trust file of somebody who verifies; return the instant.

    Raise ConfigRefused as `instant` does. Effects: 1. the new file is written beside the old one
    and synced; a crash before 2 leaves the old one in force. 2. It takes the old one's name.
    """
    written = instant(trust, unit, since, now)
    stated = f'[[revoked]]\nunit = "{unit}"\nfrom = "{written}"\n'
    _replace(trust, f"{read_text(trust).rstrip()}\n\n{stated}")
    return written


def revoke_at_station(folder: Path, unit: str, since: str, by: str) -> str:
    """Let the station take nothing more from a unit: roll, door, log, and its own trust file.

    Return what the station's command said. Raise ConfigRefused with its sentence if it refused;
    it may be given again.
    """
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "recorder.programs.shilu", "station", "--config",
         str(folder / "station.toml"), "revoke", unit, "--from", since, "--by", by],
        capture_output=True, text=True, timeout=_CALL_SECONDS, check=False,
    )  # fmt: skip
    if ran.returncode:
        said = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        raise refusal(
            folder,
            Words(f"没有做完（{said}）", f"did not finish ({said})"),
            Words("照括号里的话处理，再做一次", "Do what it says, then do it again"),
        )
    return ran.stdout.strip()


def instant(trust: Path, unit: str, since: str, now: datetime) -> str:
    """Return from when on a unit may be revoked, as a trust file writes it.

    `since` is an instant (`2026-11-21T08:00:00.000Z`), or empty for now. Raise ConfigRefused if
    it lies ahead, if an earlier one stands already, or if the file is no trust file.
    """
    now_ms = int(now.timestamp() * 1000)
    text = read_text(trust)
    try:
        number = check_unit(unit)
        since_ms = utc_ms(since) if since else now_ms
        standing_ms = parse_trust(text).revoked_from_ms(number)
    except EvidenceError as error:
        raise refusal(
            trust,
            Words(f"不能吊销（{error}）", f"cannot revoke ({error})"),
            Words(
                "核对编号，时间写成 2026-11-21T08:00:00.000Z",
                "Check the number; an instant is written 2026-11-21T08:00:00.000Z",
            ),
        ) from error
    if since_ms > now_ms:
        raise refusal(
            trust,
            Words("吊销时间在将来", "would revoke from a time to come"),
            Words("写丢失或失窃的时间", "State when it was lost or stolen"),
        )
    if standing_ms is not None and standing_ms <= since_ms:
        raise refusal(
            trust,
            Words(
                f"{unit} 自 {utc_text(standing_ms)} 起已吊销",
                f"has {unit} revoked since {utc_text(standing_ms)} already",
            ),
            Words("不必再做；只能改得更早", "Nothing to do; only an earlier time can be added"),
        )
    return utc_text(since_ms)


def _replace(path: Path, text: str) -> None:
    parse_trust(text)
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise cannot(path, error, write=True) from error
