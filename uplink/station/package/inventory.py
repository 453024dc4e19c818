"""The list of electronic evidence (电子数据清单) of a package, as the rules of 2016 ask for it.

法发〔2016〕22号 第十四条: class, file format, check value. A spreadsheet opens it as it lies.
"""

import csv
import io
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath

from recorder.evidence.package import UNIT
from uplink.station.package.facts import PackageFacts, SegmentFacts

FILE_NAME = "清单.csv"
COLUMNS = (
    "序号", "文件名", "类别", "格式", "大小(字节)", "完整性校验值(SHA-256)",
    "录制开始", "录制结束", "时间来源", "录像编号", "设备编号", "设备所属单位", "备注",
)  # fmt: skip
_KINDS = {
    ".mp4.age": ("视音频", "MP4(H.264/AAC)，age 加密"),
    ".side.age": ("元数据", "JSON 行，age 加密"),
    ".blocks": ("分块校验值", "文本"),
    ".tail": ("断电时的末段", "age 加密"),
    ".jsonl": ("设备日志", "JSON 行"),
    ".heads": ("日志签名", "C2SP 签名头"),
    ".tlog-proof": ("接收回执", "C2SP tlog-proof"),
    ".pem": ("设备证书", "X.509 PEM"),
    ".json": ("包说明", "JSON"),
}
_BEIJING = timezone(timedelta(hours=8))


def beijing_text(utc: str) -> str:
    """Write an instant for people: `2026-11-21 18:05:33 +08:00`; empty stays empty."""
    if not utc:
        return ""
    here = datetime.fromisoformat(utc).astimezone(_BEIJING)
    return f"{here:%Y-%m-%d %H:%M:%S} +08:00"


def inventory_csv(facts: PackageFacts) -> bytes:
    """Give a row for each file, in UTF-8 with its mark, so that spreadsheets read Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    of_file = {
        UNIT + name: segment
        for segment in facts.segments
        for name in (segment.seal.media.file, segment.seal.side.file)
    }
    for number, name in enumerate(sorted(facts.digests), 1):
        writer.writerow([number, *_row(facts, name, of_file.get(name))])
    return out.getvalue().encode("utf-8-sig")


def _row(facts: PackageFacts, name: str, segment: SegmentFacts | None) -> list[str]:
    kind, form = _kind(name)
    row = [name, kind, form, str(facts.lengths[name]), facts.digests[name]]
    if segment is None:
        return [*row, "", "", "", "", facts.unit, facts.agency, ""]
    seal, at = segment.seal, segment.at
    whole = seal.media.complete if name == UNIT + seal.media.file else seal.side.complete
    error = f"±{at.error_ms} 毫秒" if at.error_ms >= 0 else "误差未知"
    return [
        *row,
        beijing_text(segment.first),
        beijing_text(segment.last),
        f"设备时钟({at.source}，{error})",
        f"{seal.recording}-{seal.segment}",
        facts.unit,
        facts.agency,
        "" if whole else "断电中断，按断电时的签名封存",
    ]


def _kind(name: str) -> tuple[str, str]:
    file = PurePosixPath(name).name
    found = max((end for end in _KINDS if file.endswith(end)), key=len, default="")
    return _KINDS.get(found, ("其他", ""))
