"""The chip encodes where there is one, by the names that the kernel gives its video devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recorder.devices.coding import Coding, coding_of, video_devices

if TYPE_CHECKING:
    from pathlib import Path

ZERO_2_W = ["unicam-image", "bcm2835-codec-decode", "bcm2835-codec-encode", "bcm2835-isp-output0"]
PI_5 = ["rp1-cfe-csi2_ch0", "pispbe-input", "rpi-hevc-dec"]


@pytest.mark.parametrize(
    ("names", "coding"),
    [(ZERO_2_W, Coding.CHIP), (PI_5, Coding.SOFTWARE), ([], Coding.SOFTWARE)],
    ids=["Zero 2 W, 3, 4", "5", "no camera at all"],
)
def test_each_machine_gets_the_encoder_that_it_has(
    tmp_path: Path, names: list[str], coding: Coding
) -> None:
    for number, name in enumerate(names):
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text(f"{name}\n")
    assert coding_of(video_devices(tmp_path)) is coding
