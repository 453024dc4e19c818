"""An interpreter of its own that finds the rig's libraries as a unit's finds its own.

The conductor starts its lens with `python -I`, which looks at no variable; so what a unit has from
its packages stands here in a folder's own site-packages, as paths.
"""

from __future__ import annotations

import sysconfig
from typing import TYPE_CHECKING
from venv import EnvBuilder

from tests.rig.build import HERE, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rig.build import Rig


def rig_interpreter(folder: Path, rig: Rig) -> Path:
    """Make it in `folder`; its packages are the rig's first, then this checkout's."""
    EnvBuilder(symlinks=True).create(folder)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    paths = (
        ROOT,
        rig.site,
        rig.binding,
        HERE / "camera" / "stubs",
        sysconfig.get_path("purelib"),
    )
    site = folder / "lib" / f"python{rig.python}" / "site-packages"
    assert str(site) == packages, f"{packages} is where this Python looks"
    (site / "rig.pth").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    return folder / "bin" / "python"
