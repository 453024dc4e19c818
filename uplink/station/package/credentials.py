"""A clear film with Content Credentials (C2PA), for readers who expect those beside our proof.

Needs `c2pa-python`. The credentials say who exported the film and carry its record and head; they
say nothing of what was left out, and some edits they do not see (docs/station.md). The proof
stays the package.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import c2pa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from recorder.evidence.head import split_heads
from recorder.evidence.package import UNIT
from recorder.evidence.record import Segment, parse_record
from recorder.evidence.words import heads_file
from uplink.station.admission.segment_check import Opened, SegmentRefused, clear_film
from uplink.station.package.credentials_paper import NotCredentialed
from uplink.station.package.facts import committed, read_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorder.evidence.age import Identity
    from uplink.station.authority.ca import Papers

_KIND = "video/mp4"
_CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
ASSERTION = "shilu.segment"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What our own proof says of the film: its record's line and the head after it, as they lie."""

    origin: str
    record: bytes
    head: bytes


@dataclass(frozen=True, slots=True)
class Clip:
    """Which film of a package."""

    package: Path
    recording: int
    segment: int


def export_clip(clip: Clip, keys: tuple[Identity, ...], papers: Papers, out: Path) -> None:
    """Open a film of a package and write it with credentials to the new file `out`.

    Raise NotCredentialed, or OSError when the disk does not take it.
    """
    seal, sealed = _sealed(clip)
    opened = Opened(lambda file: clip.package / UNIT / file, keys)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".clip-") as folder:
        film = Path(folder) / Path(seal.media.file).name.removesuffix(".age")
        try:
            with film.open("wb") as file:
                file.writelines(clear_film(seal, opened))
        except SegmentRefused as error:
            raise NotCredentialed(f"{seal.media.file} does not open: {error}") from error
        write_credentialed(film, out, sealed, papers)


def _sealed(clip: Clip) -> tuple[Segment, Sealed]:
    """Give a segment with its record's line and the head after it."""
    for run, _ in read_facts(clip.package).runs:
        heads, _ = split_heads((clip.package / UNIT / heads_file(run)).read_bytes())
        for line, head in zip(committed(clip.package, run), heads, strict=True):
            record = parse_record(line)
            body = record.body
            if not isinstance(body, Segment):
                continue
            if (body.recording, body.segment) == (clip.recording, clip.segment):
                return body, Sealed(record.origin, line, head)
    raise NotCredentialed(
        f"the package has no segment {clip.segment} of recording {clip.recording}"
    )


def write_credentialed(film: Path, out: Path, sealed: Sealed, papers: Papers) -> None:
    """Write `film` with credentials to the new file `out`.

    Raise NotCredentialed if the library will not, OSError if the disk does not take it.
    """
    manifest = {
        "claim_generator_info": [{"name": "Shilu station"}],
        "title": film.name,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [_created()]}},
            {"label": ASSERTION, "data": _stated(sealed)},
        ],
    }
    try:
        with film.open("rb") as source, out.open("x+b") as copy:
            signer = c2pa.Signer.from_callback(
                _signing(papers), c2pa.C2paSigningAlg.ES256, papers.certificate.decode()
            )
            c2pa.Builder(json.dumps(manifest)).sign(signer, _KIND, source, copy)
    except c2pa.C2paError as error:
        out.unlink()
        raise NotCredentialed(f"{film.name} takes no credentials: {error}") from error


def _created() -> dict[str, str]:
    return {"action": "c2pa.created", "digitalSourceType": _CAPTURED}


def _stated(sealed: Sealed) -> dict[str, str]:
    return {
        "head": sealed.head.decode(),
        "origin": sealed.origin,
        "record": sealed.record.decode(),
    }


def _signing(papers: Papers) -> Callable[[bytes], bytes]:
    key = load_pem_private_key(papers.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NotCredentialed(
            "the key for credentials is not on P-256; remove it to make a new one"
        )

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign
