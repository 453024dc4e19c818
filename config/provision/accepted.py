"""The acceptance report: the unit's newest self-check, with the signatures that stand behind it.

A self-check is a record of the unit's log. The report carries its line, the head over it, the
proof between them, the epoch that signed and the unit's certificate: it can be checked alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from config.refusal import cannot, read_text, refusal
from config.words import Words
from recorder.evidence.chain import check_identity
from recorder.evidence.epoch import epoch_key
from recorder.evidence.errors import BadSignature, EvidenceError, Malformed
from recorder.evidence.events import EpochBegins, SelfCheck
from recorder.evidence.head import check_head, parse_signed_head, split_heads
from recorder.evidence.record import parse_record
from recorder.evidence.tree import FullTree, check_inclusion, leaf_hash
from recorder.evidence.verify.signer import Signer, check_issuers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from recorder.evidence.record import Record

_TEXTS = ("record", "epoch", "head", "chain")


@dataclass(frozen=True, slots=True)
class Report:
    """What the report carries, verbatim; `proof` are tree nodes in hexadecimal."""

    record: str
    epoch: str
    head: str
    chain: str
    proof: tuple[str, ...]

    def text(self) -> str:
        """Write the report as JSON."""
        values = {name: getattr(self, name) for name in (*_TEXTS, "proof")}
        return json.dumps({"version": 1, **values}, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A report that was checked: whose it is, when it was, and what was found."""

    origin: str
    utc: str
    check: SelfCheck


def at_station(station: Path, unit: str) -> tuple[Path, Path]:
    """Return where a station keeps what a unit brought home, and the unit's certificate."""
    data = station / "data"
    found = [log.parent for log in (data / "archive").glob(f"*/{unit}/log")]
    if len(found) != 1:
        raise refusal(
            station,
            Words(f"还没有 {unit} 的日志", f"has no log of {unit} yet"),
            Words("先把设备放进采集座", "Dock the unit first"),
        )
    (spool,) = found
    return spool, data / "units" / spool.parent.name / unit / "identity.pem"


def make_report(spool: Path, chain: Path | None = None) -> Report:
    """Return the report on the newest whole self-check in a unit's log; ConfigRefused if none.

    `chain` is the unit's certificate, where it does not lie in the spool.
    """
    lines, heads = _log(spool)
    newest, epoch = -1, -1
    epochs: dict[int, int] = {}
    try:
        for number, line in enumerate(lines):
            record = parse_record(line)
            if isinstance(record.body, EpochBegins):
                epochs[record.epoch] = number
            if isinstance(record.body, SelfCheck) and record.body.whole:
                newest, epoch = number, epochs[record.epoch]
    except (EvidenceError, KeyError) as error:
        raise _not_good(spool, str(error)) from error
    if newest < 0:
        raise refusal(
            spool,
            Words("日志里还没有自检", "has no self-check in its log yet"),
            Words("开机，等自检说完，再试", "Switch the unit on, let it check, then try again"),
        )
    tree = FullTree(map(leaf_hash, lines[: newest + 1]))
    return Report(
        lines[newest].decode(),
        lines[epoch].decode(),
        heads[newest].decode(),
        read_text(chain or spool / "identity" / "chain.pem"),
        tuple(node.hex() for node in tree.inclusion(newest, newest + 1)),
    )


def read_report(path: Path) -> Report:
    """Read a report; raise ConfigRefused unless it has the parts of one."""
    try:
        value = json.loads(read_text(path))
        record, epoch, head, chain = (str(value[name]) for name in _TEXTS)
        proof = tuple(str(node) for node in value["proof"])
        version = value["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _not_good(path, f"{error}") from error
    if version != 1:
        raise _not_good(path, f"version {version}")
    return Report(record, epoch, head, chain, proof)


def check_report(report: Report, roots: Sequence[x509.Certificate]) -> Accepted:
    """Raise ConfigRefused unless a unit under one of `roots` signed this self-check."""
    try:
        record = parse_record(report.record.encode())
        epoch = parse_record(report.epoch.encode())
        if not isinstance(epoch.body, EpochBegins) or not isinstance(record.body, SelfCheck):
            raise Malformed("The records are not an epoch and a self-check.")
        if not record.body.whole:
            raise Malformed("Not everything was looked at: this is no self-check of a whole unit.")
        if (epoch.origin, epoch.epoch) != (record.origin, record.epoch):
            raise BadSignature("The epoch is not the one that the self-check was written in.")
        check_identity(epoch, epoch.body, _identity(report.chain, record, roots))
        signed = parse_signed_head(report.head.encode())
        check_head(signed, epoch_key(epoch.origin, epoch.body))
        proof = tuple(bytes.fromhex(node) for node in report.proof)
        leaf = leaf_hash(report.record.encode())
        check_inclusion(leaf, record.seq, signed.head.size, proof, signed.head.root)
    except (EvidenceError, ValueError) as error:
        raise _not_good("report", str(error)) from error
    return Accepted(record.origin, record.at.utc, record.body)


def _identity(
    chain: str, record: Record, roots: Sequence[x509.Certificate]
) -> EllipticCurvePublicKey:
    """Return the key of the unit's certificate, if a root stands behind it and it is its own."""
    certificate, *issuers = x509.load_pem_x509_certificates(chain.encode())
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        raise Malformed("The unit's key is not on P-256.")
    signer = Signer(certificate, tuple(issuers), key)
    if signer.origin() != record.origin:
        raise BadSignature(f"The certificate is of {signer.origin()}, not of {record.origin}.")
    check_issuers(signer, roots)
    return key


def _log(spool: Path) -> tuple[list[bytes], list[bytes]]:
    """Read all committed lines of a unit's life, and the head over each."""
    lines: list[bytes] = []
    heads: list[bytes] = []
    try:
        for log in sorted((spool / "log").glob("*.jsonl")):
            whole, _ = split_heads(log.with_suffix(".heads").read_bytes())
            heads += whole
            lines += log.read_bytes().splitlines(keepends=True)[: len(whole)]
    except OSError as error:
        raise cannot(spool / "log", error) from error
    return lines, heads


def _not_good(where: Path | str, said: str) -> Exception:
    return refusal(
        where,
        Words(f"不是有效的自检报告（{said}）", f"is no good report of a self-check ({said})"),
        Words("在设备上重新生成", "Make it again on the unit"),
    )
