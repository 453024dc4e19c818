"""What signs Content Credentials, and how they come off a film again. Needs no C2PA library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uplink.station.authority.ca import Authority, Papers
from uplink.station.store.durable import write_durably

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

# The user type of the box that C2PA puts into an MP4 file.
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


class NotCredentialed(Exception):
    """A film got no credentials; the sentence says why."""


def clip_papers(station: Path, agency: str, now: datetime) -> Papers:
    """Return the papers that sign credentials; make them where the authority's key is at hand.

    Raise NotCredentialed where there are none and the key lies in its safe.
    """
    certificate, key = (station / "credentials" / f"clips.{kind}" for kind in ("pem", "key"))
    if not key.exists():
        root = station / "ca" / "identity"
        try:
            secret = root.with_suffix(".key").read_bytes()
        except OSError as error:
            raise NotCredentialed(
                f"{key} is not there, and the authority's key, which could certify a new one, is "
                f"not in {station / 'ca'}; bring it there once"
            ) from error
        made = Authority.load(Papers(root.with_suffix(".pem").read_bytes(), secret)).clips(
            agency, now
        )
        write_durably(certificate, made.certificate)
        write_durably(key, made.key, 0o600)
    return Papers(certificate.read_bytes(), key.read_bytes())


def without_credentials(film: bytes) -> bytes:
    """Return a film without its C2PA box: the bytes that were sealed, if nobody changed them."""
    return b"".join(film[start:end] for start, end in _boxes(film) if not _is_c2pa(film[start:end]))


def _is_c2pa(box: bytes) -> bool:
    return box[4:8] == b"uuid" and box[8:24] == _C2PA_BOX


def _boxes(film: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(film):
        size = int.from_bytes(film[start : start + 4], "big")
        end = start + size if size >= 8 else len(film)
        yield start, end
        start = end
