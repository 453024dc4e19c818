"""The control: custody as it is, on a disk whose syncs say yes and do nothing.

If no power cut can be seen to hurt this one, the rig does not bite.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from recorder.custody.durable import LinuxDisk
from recorder.programs.custody import main

if TYPE_CHECKING:
    from pathlib import Path


class DiskWithoutSync(LinuxDisk):
    """Trusts the card, as careless software does."""

    def sync(self, fd: int) -> None:
        del fd

    def sync_folder(self, folder: Path) -> None:
        del folder


if __name__ == "__main__":
    sys.exit(main(disk=DiskWithoutSync()))
