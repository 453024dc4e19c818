"""`station certify` and `station excerpt`: what goes with a package to court, and a part of one."""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from recorder.evidence.certificates import parse_certificates
from recorder.evidence.errors import Malformed
from recorder.evidence.head import parse_signed_head
from recorder.evidence.trust import parse_trust
from recorder.evidence.verify.examine import Question, examine
from recorder.programs.bag import FolderFiles
from uplink.programs.wiring import registrar_for
from uplink.station.log.stamps import NotStamped, Stamp, Stamps
from uplink.station.package.certificate_paper import Paper
from uplink.station.package.credentials_paper import NotCredentialed, clip_papers
from uplink.station.package.excerpt import Cut, NoExcerpt, write_excerpt
from uplink.station.settings import TimeStampSettings, read_identity, read_settings
from uplink.station.store.layout import Layout
from uplink.wire.table import BadConfig

if TYPE_CHECKING:
    import argparse

    from recorder.evidence.age import Identity
    from recorder.evidence.verdict import Verdict
    from uplink.station.authority.ca import Papers

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - its only name

COMMANDS = frozenset({"certify", "excerpt", "stamp", "credentials"})


class _Office(Protocol):
    """What of the certificate office is used; loaded only when asked for, it is heavy."""

    def add_certificate(self, package: Path, verdict: Verdict, paper: Paper) -> Path:
        """Put the certificate into a package."""


def add_parsers(commands: Subparsers) -> None:
    """Say how the two are asked."""
    certify = commands.add_parser("certify", help="put the certificate 制作说明.pdf into a package")
    certify.add_argument("package", type=Path)
    certify.add_argument("--paper", type=Path, help="TOML: what people say, such as case_name")
    excerpt = commands.add_parser("excerpt", help="show some seconds, proven; keep the rest closed")
    excerpt.add_argument("package", type=Path)
    excerpt.add_argument("--recording", type=int, required=True)
    excerpt.add_argument("--from-s", type=float, required=True, help="from its first picture")
    excerpt.add_argument("--to-s", type=float, required=True)
    excerpt.add_argument("--out", type=Path, required=True, help="an empty or new folder")
    credentials = commands.add_parser("credentials", help="a clear film with C2PA credentials")
    credentials.add_argument("package", type=Path)
    credentials.add_argument("--recording", type=int, required=True)
    credentials.add_argument("--segment", type=int, default=1)
    credentials.add_argument("--out", type=Path, required=True, help="a new .mp4 file")
    commands.add_parser("stamp", help="have the log's newest head time-stamped (RFC 3161)")


def run(asked: argparse.Namespace) -> int:
    """Do what was asked; raise Malformed or OSError with a sentence."""
    deeds = {
        "certify": _certify,
        "excerpt": _excerpt,
        "stamp": _stamp,
        "credentials": _credentials,
    }
    return deeds[asked.command](asked)


def _certify(asked: argparse.Namespace) -> int:
    try:
        office = cast("_Office", importlib.import_module("uplink.station.package.certificate"))
    except (ImportError, OSError) as error:
        raise Malformed(
            f"The certificate's programs are missing ({error}). Install them with: pip install "
            "'shilu[station]', and Debian's libpango-1.0-0, libpangoft2-1.0-0, fonts-wqy-zenhei."
        ) from error
    trust = parse_trust((asked.config.parent / "trust.toml").read_text(encoding="utf-8"))
    verdict = examine(FolderFiles(asked.package), Question(trust), map)
    paper = Paper() if asked.paper is None else read_paper(asked.paper)
    print(f"certificate written to {office.add_certificate(asked.package, verdict, paper)}")
    return 0


def read_paper(path: Path) -> Paper:
    """Read what people say from TOML; raise Malformed for a key or a value that has no place."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{path} is not TOML: {error}.") from error
    known = [field.name for field in fields(Paper)]
    for key, value in said.items():
        if key not in known:
            raise Malformed(f"{path} has {key}; choose from {', '.join(known)}.")
        texts = value if key == "officers" and isinstance(value, list) else [value]
        if (key == "officers") is not isinstance(value, list) or not all(
            isinstance(text, str) for text in texts
        ):
            wanted = "a list of texts" if key == "officers" else "a text"
            raise Malformed(f"{key} in {path} must be {wanted}.")
    if "officers" in said:
        said["officers"] = tuple(said["officers"])
    return Paper(**said)


def _excerpt(asked: argparse.Namespace) -> int:
    keys = tuple(read_identity(one) for one in read_settings(asked.config).identities)
    cut = Cut(asked.recording, round(asked.from_s * 1000), round(asked.to_s * 1000))
    try:
        excerpt = write_excerpt(asked.package, keys, cut, asked.out)
    except NoExcerpt as error:
        raise Malformed(f"There is no excerpt: {error}.") from error
    shown = ", ".join(part.film for part in excerpt.parts)
    print(f"excerpt with {shown} written to {asked.out}")
    return 0


def _stamp(asked: argparse.Namespace) -> int:
    settings = read_settings(asked.config)
    if settings.time_stamp is None:
        raise BadConfig(f"{asked.config} names no authority; add [time_stamp] url and certificate")
    authority = _authority(settings.time_stamp)
    head = registrar_for(settings).anchor(0).checkpoint.encode()
    size = parse_signed_head(head).head.size
    stamps = Stamps(Layout(settings.data))
    if stamps.has(size):
        print(f"the head of {size} entries has its time-stamp already")
        return 0
    token = stamps.keep(Stamp(size, head, authority.stamp(head)))
    print(f"the head of {size} entries is time-stamped: {token}")
    return 0


class _Authority(Protocol):
    """What of uplink.station.log.stamp_authority is used."""

    def stamp(self, head: bytes) -> bytes:
        """Return a token over the bytes of `head`."""


def _authority(asked: TimeStampSettings) -> _Authority:
    try:
        office = importlib.import_module("uplink.station.log.stamp_authority")
    except ImportError as error:
        raise NotStamped(
            f"time-stamps need rfc3161-client ({error}): pip install 'shilu[station]'"
        ) from error
    roots = parse_certificates(asked.certificate.read_bytes())
    found: _Authority = office.Authority(roots, office.HttpAuthority(asked.url).ask)
    return found


class _Exporter(Protocol):
    """What of uplink.station.package.credentials is used."""

    def Clip(self, package: Path, recording: int, segment: int) -> object:  # noqa: N802 - a class
        """Name a film."""

    def export_clip(
        self, clip: object, keys: tuple[Identity, ...], papers: Papers, out: Path
    ) -> None:
        """Write it with credentials."""


def _credentials(asked: argparse.Namespace) -> int:
    try:
        exporter = cast("_Exporter", importlib.import_module("uplink.station.package.credentials"))
    except (ImportError, OSError) as error:
        raise NotCredentialed(
            f"credentials need c2pa-python ({error}): pip install 'shilu[station,c2pa]'"
        ) from error
    settings = read_settings(asked.config)
    papers = clip_papers(asked.config.parent, settings.agency, datetime.now(UTC))
    keys = tuple(read_identity(one) for one in settings.identities)
    clip = exporter.Clip(asked.package, asked.recording, asked.segment)
    exporter.export_clip(clip, keys, papers, asked.out)
    print(f"film with credentials written to {asked.out}; the proof stays the package")
    return 0
