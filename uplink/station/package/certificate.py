"""The certificate (制作说明) of a package: one page of PDF/A-3 with the manifest attached.

Paper and proof in one file. What people say (who made it, for which case) comes in as `Paper` and
is printed as said, a blank line where nothing was said; what can be computed is computed.
Needs the extra `station` (WeasyPrint, segno) and the fonts of Debian's fonts-wqy-zenhei.
"""

import hashlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import segno
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from weasyprint import HTML, Attachment

from recorder.evidence.package import MANIFEST, TAG_MANIFEST
from recorder.evidence.verdict import Axis, Language, Verdict
from recorder.evidence.verify.page import AXES, CLOSING, WORDS
from uplink.station.package import viewer
from uplink.station.package.certificate_paper import Paper
from uplink.station.package.facts import PackageFacts, chain_of, read_facts
from uplink.station.package.inventory import FILE_NAME as INVENTORY
from uplink.station.package.inventory import beijing_text, inventory_csv

FILE_NAME = "制作说明.pdf"


def certificate_pdf(package: Path, verdict: Verdict, paper: Paper) -> bytes:
    """Give the page for a package and the verdict on it; raise Malformed, OSError."""
    facts = read_facts(package)
    attached = [
        Attachment(
            string=(package / MANIFEST).read_bytes(),
            name=MANIFEST,
            description="文件清单及 SHA-256",
            relationship="Source",
        ),
        Attachment(
            string=inventory_csv(facts),
            name=INVENTORY,
            description="电子数据清单",
            relationship="Supplement",
        ),
    ]
    page = certificate_html(facts, verdict, paper, key_fingerprint(package))
    pdf: bytes = HTML(string=page).write_pdf(pdf_variant="pdf/a-3b", attachments=attached)
    return pdf


def write_report(package: Path, verdict: Verdict, out: Path) -> None:
    """Write the page outside the package, nothing filled in but what can be computed.

    Raise ValueError if `out` lies in the package, whose lists do not know it.
    """
    if package.resolve() in out.resolve().parents:
        raise ValueError(
            f"{out} lies in the package, where a file more would be a foreign one; "
            "choose a place outside"
        )
    out.write_bytes(certificate_pdf(package, verdict, Paper()))


def add_certificate(package: Path, verdict: Verdict, paper: Paper) -> Path:
    """Put the page into a package as a tag file, and into the bag's list of those."""
    path = package / FILE_NAME
    path.write_bytes(certificate_pdf(package, verdict, paper))
    tags = [
        line
        for line in (package / TAG_MANIFEST).read_text(encoding="utf-8").splitlines()
        if not line.endswith(f"  {FILE_NAME}")
    ]
    tags.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {FILE_NAME}")
    tags.sort(key=lambda line: line[66:])
    (package / TAG_MANIFEST).write_text("".join(f"{tag}\n" for tag in tags), encoding="utf-8")
    return path


def key_fingerprint(package: Path) -> str:
    """Give the SHA-256 of the unit's public key (SubjectPublicKeyInfo, DER)."""
    own = x509.load_pem_x509_certificate(chain_of(package)).public_key()
    spki = own.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def verifier_digest() -> str:
    """Give the digest of the verifier's sources.

    By hand, in the folder recorder: `find evidence -name '*.py' | LC_ALL=C sort | xargs cat |
    sha256sum`.
    """
    found = hashlib.sha256()
    for _, data in sorted(_sources(files("recorder.evidence"), "evidence")):
        found.update(data)
    return found.hexdigest()


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _sources(each, f"{name}/{each.name}")
        elif each.name.endswith(".py"):
            yield f"{name}/{each.name}", each.read_bytes()


def qr_text(facts: PackageFacts, fingerprint: str) -> str:
    """Give what the square says: package, digest of its manifest, unit's key. No address."""
    return f"SHILU1 {facts.unit} {facts.records} {facts.manifest_sha256} {fingerprint[:16]}"


def grouped(digest: str) -> str:
    """Write a digest in groups of eight, for the eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def certificate_html(facts: PackageFacts, verdict: Verdict, paper: Paper, fingerprint: str) -> str:
    """Give the page as HTML, which a browser shows as the PDF will be."""
    template = (
        files("uplink.station.package").joinpath("certificate.html").read_text(encoding="utf-8")
    )
    rows = "".join(
        f"<tr><th>{name}</th><td>{escape(said) or '&#8203;'}</td></tr>"
        for name, said in _said(facts, paper)
    )
    answers = "".join(
        f"<tr><th>{AXES[Language.ZH][axis]}</th>"
        f"<td class=word>{WORDS[Language.ZH][verdict.axes[axis].word]}</td>"
        f"<td>{escape(verdict.axes[axis].because.text(Language.ZH))}</td></tr>"
        for axis in Axis
    )
    square = segno.make(qr_text(facts, fingerprint), error="m", micro=False)
    filled = {
        "ROWS": rows,
        "ANSWERS": answers,
        "CLOSING": CLOSING[Language.ZH],
        "MANIFEST": grouped(facts.manifest_sha256),
        "KEY": grouped(fingerprint),
        "VERIFIER": grouped(verifier_digest()),
        "PAGE": grouped(hashlib.sha256(viewer.page()).hexdigest()),
        "SQUARE": square.svg_inline(scale=3),
    }
    for name, value in filled.items():
        template = template.replace(f"@{name}@", value)
    return template


def _said(facts: PackageFacts, paper: Paper) -> tuple[tuple[str, str], ...]:
    seconds = facts.length_ms // 1000
    length = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    span = f"{beijing_text(facts.first)} 至 {beijing_text(facts.last)}" if facts.first else "无时钟"
    recordings = "、".join(map(str, facts.recordings))
    method = (
        "由采集站在核验设备签名后按位复制，原始文件保持加密、未作剪辑；"
        "生成 BagIt 1.0 数据包并计算每个文件的 SHA-256"
    )
    return (
        ("制作单位", paper.maker_agency or facts.agency),
        ("制作人", paper.maker),
        ("提取人", paper.extractor),
        ("提取时间", paper.extracted or beijing_text(facts.made)),
        ("制作方法", method),
        ("原始载体及存放处", paper.kept_at),
        ("案件名称", paper.case_name),
        ("标号", paper.mark),
        ("证明对象", ""),
        ("件数 / 时长", f"{len(facts.segments)} 段（录像 {recordings}） / {length}"),
        ("起止", f"{span}（设备时钟）" if facts.first else span),
        ("地点", paper.place),
        ("执法人员（两名）", "、".join(paper.officers)),
        ("设备号", f"{facts.unit}（软件 {facts.software}）"),
    )
