"""Stand-in for kms++'s Python binding, which picamera2 imports at start-up.

picamera2.previews.drm_preview does `import kms` / `import pykms` at import time although only the
DRM preview window needs it. The binding is packaged by Raspberry Pi OS (python3-kms++) but neither
by Debian nor on PyPI. Any attribute is an empty placeholder; using one for real fails loudly.
"""

from __future__ import annotations


class _Placeholder:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, item: str) -> _Placeholder:
        if item.startswith("__"):
            raise AttributeError(item)
        return _Placeholder(f"{self._name}.{item}")

    def __call__(self, *_arguments: object, **_named: object) -> None:
        raise RuntimeError(f"{self._name}: there is no KMS/DRM on the rig.")


def __getattr__(item: str) -> _Placeholder:
    if item.startswith("__"):
        raise AttributeError(item)
    return _Placeholder(f"pykms.{item}")
