"""Where Chinese letters for the picture text come from.

Paths, not fontconfig: the same unit draws the same letters at every start, and nothing searches.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_FONTS = Path("/usr/share/fonts")


@dataclass(frozen=True, slots=True)
class FontFile:
    """A TrueType or OpenType file, and which of its faces."""

    path: Path
    face: int = 0


CHINESE = (
    FontFile(_FONTS / "truetype/wqy/wqy-zenhei.ttc"),
    FontFile(_FONTS / "truetype/wqy/wqy-microhei.ttc"),
    FontFile(_FONTS / "opentype/noto/NotoSansCJK-Regular.ttc", face=2),  # 0 is Japanese
    FontFile(_FONTS / "truetype/droid/DroidSansFallbackFull.ttf"),
)
"""Where Debian and Raspberry Pi OS put Chinese letters, best to read first."""
