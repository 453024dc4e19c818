"""A4 label sheets, ten to a page: number, QR, the key's six words, the notice, whose it is.

The QR holds `shilu:1:<agency>:<unit>:<key digest>`, so that a camera can compare a unit in the
hand with the roll; the white around it is the four modules of ISO/IEC 18004, for with two a
reader missed 5 of 600. WeasyPrint embeds the letters; nothing is fetched.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import segno
import weasyprint
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from config.provision.six_words import fingerprint, key_digest, spoken
from config.refusal import cannot, refusal
from config.words import Words

if TYPE_CHECKING:
    from pathlib import Path

_STYLE = """
@page { size: A4; margin: 11mm 9mm }
body { margin: 0; font: 8pt/1.35 "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif }
.label { float: left; box-sizing: border-box; width: 96mm; height: 54.5mm; padding: 3mm;
  border: 0.2mm dashed #999; overflow: hidden; break-inside: avoid }
.qr { float: right; width: 31mm; margin-left: 2mm } .qr svg { width: 31mm; height: 31mm }
h1 { font-size: 17pt; margin: 0 } h2 { font-size: 9pt; margin: 0 0 1mm }
p { margin: 0 0 1mm } .key { font: 5.5pt/1.3 monospace; color: #333 } .words { font-size: 9pt }
"""


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says."""

    agency: str
    agency_name: str
    unit: str
    notice: str
    key: EllipticCurvePublicKey

    @property
    def code(self) -> str:
        """What the QR says."""
        return f"shilu:1:{self.agency}:{self.unit}:{key_digest(self.key).hex()}"


def enrolled_keys(roll: Path) -> dict[str, EllipticCurvePublicKey]:
    """Read the identity keys of a station's roll, `<unit>/identity.pem`; ConfigRefused if none."""
    found = {}
    try:
        for file in sorted(roll.glob("*/identity.pem")):
            key = x509.load_pem_x509_certificate(file.read_bytes()).public_key()
            if isinstance(key, EllipticCurvePublicKey):
                found[file.parent.name] = key
    except OSError as error:
        raise cannot(roll, error) from error
    except ValueError as error:
        raise refusal(
            roll,
            Words("有一张证书读不出来", "has a certificate that cannot be read"),
            Words("从备份恢复采集站的名册", "Restore the station's roll from its backup"),
        ) from error
    if not found:
        raise refusal(
            roll,
            Words("还没有登记任何设备", "has no enrolled unit"),
            Words("先登记：shilu config enroll", "Enrol first: shilu config enroll"),
        )
    return found


def sheet(labels: tuple[Label, ...]) -> bytes:
    """Return the sheets as one PDF."""
    body = "".join(_label(label) for label in labels)
    page = f'<!doctype html><html lang="zh-CN"><style>{_STYLE}</style><body>{body}</body></html>'
    document = weasyprint.HTML(string=page, url_fetcher=_nothing)
    pdf: bytes = document.write_pdf()
    return pdf


def _label(label: Label) -> str:
    code = segno.make(label.code, error="m", micro=False).svg_inline(omitsize=True)
    said = html.escape
    return (
        f'<div class="label"><div class="qr">{code}</div>'
        f"<h1>{said(label.unit)}</h1><h2>{said(label.agency_name)} 执法记录仪</h2>"
        f'<p class="words">{said(spoken(label.key))}</p>'
        f"<p>告知：{said(label.notice)}</p>"
        f"<p>拾到请交 {said(label.agency_name)}。内容已加密，任何人不得自行读取。</p>"
        f'<p class="key">{fingerprint(label.key)}</p></div>'
    )


def _nothing(url: str) -> dict[str, object]:
    raise ValueError(f"A label fetches nothing, and {url} least of all.")
