"""Whether a press takes up again what was stopped, and what the unit itself knows of the reason.

Stopping and starting again inside one task (the same officers, under 30 minutes, not docked) is an
interruption. Pure, and told the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recorder.capture.conductor.condition import Condition

_MS_PER_MINUTE = 60_000
TASK_MINUTES = 30
_MEASURED = {
    "power": "电池电量耗尽",
    "storage": "存储已满",
    "capture lost": "采集程序中断",
    "custody lost": "保管程序中断",
}


class Task:
    """The recording that was stopped last, and what the unit could measure when it was."""

    def __init__(self) -> None:
        self._recording = 0
        self._stopped_ms = 0
        self._reason = ""

    def stopped(self, recording: int, now_ms: int, ended_by: str, now: Condition) -> None:
        """A recording ended."""
        self._recording, self._stopped_ms = recording, now_ms
        self._reason = reason_of(ended_by, now)

    def over(self) -> None:
        """The unit is docked: what comes next is another task."""
        self._recording = 0

    def to_continue(self, now_ms: int) -> tuple[int, str]:
        """Which recording a press now takes up again, 0 for none; and why that one was stopped."""
        if now_ms - self._stopped_ms >= TASK_MINUTES * _MS_PER_MINUTE:
            return 0, ""
        return self._recording, self._reason


def reason_of(ended_by: str, now: Condition) -> str:
    """Say why a recording ended, as far as the unit can measure it; empty if it cannot."""
    if ended_by in _MEASURED:
        return _MEASURED[ended_by]
    if not now.camera:
        return "摄像头故障"
    if now.at_its_end:
        return _MEASURED["power"]
    return "设备温度过高" if now.hot else ""


def stated(reason: str) -> str:
    """Write it as it stands beside the recording."""
    return f"中断原因（设备测得）：{reason}。"
