"""What the picture text costs a picture at 1920×1080: as a new second begins, and on average."""

from __future__ import annotations

import statistics
import time

import numpy as np

from recorder.capture.overlay import PictureLines, overlay
from recorder.capture.ports import Fix
from recorder.devices.picture_text import chosen

RUNS, SECONDS, RATE_HZ, BUDGET_MS = 5, 10, 30, 2.0
WIDTH, HEIGHT = 1920, 1080
_SECOND_NS = 1_000_000_000


def run() -> list[dict[str, object]]:
    """Give `picture_text_ms`, and `picture_text_new_second_ms` for the dearest pictures."""
    runs = [film() for _ in range(RUNS)]
    return [
        _figure("picture_text_ms", [each for each, _ in runs]),
        _figure("picture_text_new_second_ms", [dearest for _, dearest in runs]),
    ]


def film() -> tuple[float, float]:
    """Processor milliseconds a picture: the mean, and the median of those that begin a second."""
    lines = PictureLines("BF-0007", (("张三", "41042101"), ("李四", "41042102")), lambda ns: ns)
    text, wrong = chosen(HEIGHT, "", lines.letters)
    if wrong:
        raise FileNotFoundError(wrong[0])
    order = overlay("gps", Fix(1, "", 338_688_000, 1_130_547_000, 9, 98))
    lines.show(order.trust, order.place)
    luma = np.full((HEIGHT, WIDTH), 128, np.uint8)
    spent: list[float] = []
    for number in range(SECONDS * RATE_HZ):
        stamp_ns = number * _SECOND_NS // RATE_HZ
        began = time.process_time()
        text.burn(luma, lines.at(stamp_ns))
        spent.append((time.process_time() - began) * 1000)
    return statistics.fmean(spent), statistics.median(spent[::RATE_HZ])


def _figure(name: str, runs: list[float]) -> dict[str, object]:
    value = statistics.median(runs)
    return {
        "name": name,
        "value": value,
        "unit": "ms a picture",
        "peer": f"one core, {WIDTH}x{HEIGHT}",
        "budget": f"≤{BUDGET_MS:.0f}",
        "ok": value <= BUDGET_MS,
        "command": "make bench ARGS=picture_text",
        "runs": runs,
    }
