"""Every finding a verdict can hold: code, axis, weight and its sentence in both languages.

Codes are stable: others write programs against them. A code has one axis and one weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from recorder.evidence.verdict import NOWHERE, Axis, Finding, Place, Weight, Wording


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means; braces in the sentences are filled from the finding's place and facts."""

    axis: Axis
    weight: Weight
    zh: str
    en: str


def _content(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    return Kind(Axis.CONTENT, weight, zh, en)


def _whole(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    return Kind(Axis.COMPLETENESS, weight, zh, en)


def _signer(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    return Kind(Axis.IDENTITY, weight, zh, en)


def _time(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    return Kind(Axis.TIME, weight, zh, en)


def _custody(zh: str, en: str, weight: Weight = Weight.DISPROOF) -> Kind:
    return Kind(Axis.CUSTODY, weight, zh, en)


class Code(Enum):
    """The codes, in the order of the steps that find them."""

    # 1 the bag
    BAG_FORM = _content(
        "证据包清单 {file} 缺失或格式有误：{why}", "The bag's {file} is missing or malformed: {why}"
    )
    BAG_DIGEST = _content(
        "{file} 与证据包清单中的摘要不符。", "{file} differs from the digest in the bag's list."
    )
    BAG_MISSING = _content(
        "{file} 列在证据包清单中，但不在包内。", "{file} is in the bag's list but not in the bag."
    )
    BAG_UNLISTED = _content(
        "{file} 在包内，但不在证据包清单中。", "{file} is in the bag but not in its list."
    )
    FILE_UNREADABLE = _content("{file} 无法读取：{why}", "{file} cannot be read: {why}")
    PACKAGE_FORM = _whole(
        "包说明 {file} 缺失或格式有误：{why}", "The statement {file} is missing or malformed: {why}"
    )
    PACKAGE_DISAGREES = _whole(
        "包说明与内容不符（{what}）：说明为 {stated}，实为 {found}。",
        "The package states {what} {stated}, but holds {found}.",
    )
    # 2 records
    LOG_MISSING = _whole("包内没有任何日志记录。", "The package holds no log at all.")
    RECORD_FORM = _whole(
        "第 {seq} 条记录格式有误（{file}）：{why}", "Record {seq} in {file} is malformed: {why}"
    )
    RECORD_SEQ = _whole(
        "应为第 {seq} 条记录，却是第 {found} 条（{file}）。",
        "Record {seq} should stand here in {file}, but it is record {found}.",
    )
    RECORD_LINK = _whole(
        "第 {seq} 条记录与其前一条记录不衔接：前一条被改动、删除、插入或调换。",
        "Record {seq} does not follow the record before it: one was changed, removed or moved.",
    )
    RECORD_ORIGIN = _whole(
        "第 {seq} 条记录属于另一台设备：{found}。",
        "Record {seq} belongs to another unit: {found}.",
    )
    RECORD_RUN = _whole(
        "第 {seq} 条记录的运行号为 {found}，与文件 {file} 不符。",
        "Record {seq} names run {found}, but lies in {file}.",
    )
    # 3 heads
    HEAD_FORM = _whole(
        "{file} 中有一个签名头格式有误：{why}", "A head in {file} is malformed: {why}"
    )
    HEAD_MISSING = _whole("第 {seq} 条记录缺少签名头。", "Record {seq} has no signed head.")
    HEAD_EXTRA = _whole(
        "{file} 中有第 {seq} 条记录的签名头，但没有该记录。",
        "{file} has a head for record {seq}, but that record is not here.",
    )
    HEAD_TWICE = _whole(
        "第 {seq} 条记录有两个不同的签名头：日志曾被分叉。",
        "Record {seq} has two different heads: the log was forked.",
    )
    HEAD_ROOT = _whole(
        "第 {seq} 条记录的签名头与日志内容不符。",
        "The head after record {seq} does not match the records.",
    )
    HEAD_SIGNATURE = _signer(
        "第 {seq} 条记录的签名头不是由当时的密钥签署。",
        "The head after record {seq} is not signed by the key in force then.",
    )
    # 4 epochs
    EPOCH_NUMBER = _signer(
        "第 {seq} 条记录的密钥期号 {found} 与当时应有的 {stated} 不符。",
        "Record {seq} names epoch {found}, but epoch {stated} is in force.",
    )
    EPOCH_COMMITMENT = _signer(
        "第 {seq} 条记录启用的密钥不是此前承诺的密钥。",
        "Record {seq} brings a key other than the one promised before.",
    )
    EPOCH_IDENTITY = _signer(
        "第 {seq} 条记录的密钥未由设备证书的密钥签署。",
        "The key that record {seq} brings is not signed by the unit's certified key.",
    )
    EPOCH_PREVIOUS = _signer(
        "第 {seq} 条记录的密钥未由前一密钥签署。",
        "The key that record {seq} brings is not signed by the key before it.",
    )
    # 5 identity
    CERTIFICATE_FORM = _signer(
        "设备证书 {file} 缺失或有误：{why}",
        "The unit's certificate {file} is missing or faulty: {why}",
    )
    CERTIFICATE_NAME = _signer(
        "设备证书属于 {found}，而日志属于 {stated}。",
        "The certificate is of {found}, but the log is of {stated}.",
    )
    SIGNER_UNKNOWN = _signer(
        "签名者不在册：其证书不出自信任文件中的任何根证书。",
        "The signer is unknown: no root of the trust file stands behind its certificate.",
        Weight.DOUBT,
    )
    CERTIFICATE_INSTANT = _signer(
        "设备证书在 {instant} 无效。", "The unit's certificate was not valid at {instant}."
    )
    UNIT_REVOKED = _signer(
        "设备 {unit} 自 {instant} 起已被吊销，且此前没有接收回执。",
        "Unit {unit} is revoked from {instant}, and no receipt is older than that.",
        Weight.DOUBT,
    )
    # 6 runs
    RUN_MISSING = _whole(
        "缺少第 {first} 至 {last} 次运行的日志。", "The logs of runs {first} to {last} are missing."
    )
    RUN_OPENING = _whole(
        "第 {run} 次运行的日志没有以密钥记录和运行记录开头。",
        "Run {run} does not open with its epoch record and its run record.",
    )
    RUN_CLEAN = _whole(
        "第 {run} 次运行对上一次运行如何结束的说明与日志不符。",
        "Run {run} states wrongly how the run before it ended.",
    )
    TORN_UNSTATED = _whole(
        "{file} 末尾有 {size} 字节未提交，与下一次运行的说明不符。",
        "{file} ends with {size} uncommitted bytes, other than the next run states.",
    )
    TORN_STATED = _whole(
        "{file} 末尾有 {size} 字节因断电未写完，下一次运行已说明。",
        "{file} ends with {size} bytes that a cut left unfinished; the next run states them.",
        Weight.NOTE,
    )
    TORN_END = _whole(
        "最新日志 {file} 末尾有 {size} 字节未提交，不作为记录。",
        "The newest log {file} ends with {size} uncommitted bytes; they do not count.",
        Weight.NOTE,
    )
    RUN_CUT = _whole(
        "第 {run} 次运行未正常结束（断电或程序中断）。",
        "Run {run} ended without a shutdown: power or custody was lost.",
        Weight.NOTE,
    )
    # 7 recordings
    RECORDING_NUMBER = _whole(
        "第 {seq} 条记录开始录像 {found}，应为录像 {stated}。",
        "Record {seq} starts recording {found}; recording {stated} is due.",
    )
    RECORDING_MISSING = _whole(
        "日志中没有录像 {recording}。", "The log has no recording {recording}."
    )
    SEGMENT_NUMBER = _whole(
        "录像 {recording} 缺少第 {stated} 段（第 {seq} 条记录为第 {found} 段）。",
        "Recording {recording} lacks segment {stated}; record {seq} is segment {found}.",
    )
    SEGMENT_AFTER = _whole(
        "录像 {recording} 在结束后仍有片段（第 {seq} 条记录）。",
        "Recording {recording} has a segment behind its end: record {seq}.",
    )
    SEGMENT_TWICE = _content(
        "第 {seq} 条记录封存的画面与 {other} 相同：旧画面被重复使用。",
        "Record {seq} seals the same picture bytes as {other}: old material was used again.",
    )
    STOP_COUNT = _whole(
        "录像 {recording} 结束时声明 {stated} 段，日志中有 {found} 段。",
        "Recording {recording} states {stated} segments at its end; the log has {found}.",
    )
    RECORDING_OPEN = _whole(
        "录像 {recording} 没有结束记录，之后是否还有内容无法判断。",
        "Recording {recording} has no stop record; whether more followed cannot be proven.",
        Weight.DOUBT,
    )
    PICTURE_HOLE = _whole(
        "录像 {recording} 在 {clock} 处缺 {length} 秒画面，没有任何说明。",
        "Recording {recording} lacks {length} s of picture at {clock}, and nothing states it.",
    )
    GAP = _whole(
        "录像 {recording} 在 {clock} 处有 {length} 秒缺失，设备已说明：{source}，{cause}。",
        "Recording {recording} states a gap of {length} s at {clock}: {source}, {cause}.",
        Weight.NOTE,
    )
    INTERRUPTED = _whole(
        "录像 {recording} 第 {segment} 段被中断：{cause}。",
        "Segment {segment} of recording {recording} was interrupted: {cause}.",
        Weight.NOTE,
    )
    RESUMED = _whole(
        "录像 {recording} 是录像 {other} 的继续。",
        "Recording {recording} continues recording {other}.",
        Weight.NOTE,
    )
    OTHER_RECORDINGS = _whole(
        "日志中另有 {count} 个录像不在本包内。",
        "The log knows {count} other recordings that this package does not hold.",
        Weight.NOTE,
    )
    NOTICE_UNHEARD = _whole(
        "录像 {recording} 的告知语音未在录音中听到。",
        "The spoken notice of recording {recording} was not heard in its sound.",
        Weight.NOTE,
    )
    # 8 files
    FILE_MISSING = _whole("缺少文件 {file}。", "The file {file} is missing.")
    FILE_RENAMED = _whole(
        "文件 {file} 不在其位，其内容在 {other} 中。",
        "The file {file} is not in its place; its bytes lie in {other}.",
    )
    FILE_SWAPPED = _content(
        "{file} 的内容其实是 {other} 的内容。", "{file} holds the bytes of {other}."
    )
    FILE_CHANGED = _content(
        "{file} 第 {from_byte} 至 {to_byte} 字节与封存时不一致，位于 {clock} 至 {until} 之间。",
        "{file} differs from what was sealed in bytes {from_byte} to {to_byte}, "
        "between {clock} and {until}.",
    )
    FILE_TRUNCATED = _content(
        "{file} 被截短，自第 {from_byte} 字节（{clock}）起缺失。",
        "{file} was cut short: it is missing from byte {from_byte}, {clock}.",
    )
    FILE_LONGER = _content(
        "{file} 在封存的第 {from_byte} 字节之后被添加了内容。",
        "{file} has bytes behind its sealed end at byte {from_byte}.",
    )
    FILE_FOREIGN = _content(
        "{file} 不属于本包录像的任何封存记录。",
        "{file} belongs to no record of this package's recordings.",
    )
    COMPANION_CHANGED = _content("{file} 与封存时不一致。", "{file} differs from what was sealed.")
    FILE_RELEASED = _content(
        "{file} 已由设备凭回执释放，不在本包内。",
        "{file} was released by the unit against a receipt and is not in this package.",
        Weight.NOTE,
    )
    FILE_ORPHAN = _content(
        "{file} 没有封存记录；设备在重启后发现并登记了它。",
        "{file} was never sealed; the unit found it after a restart and stated it.",
        Weight.NOTE,
    )
    STANDING_SIGNATURE = _signer(
        "{file} 中断时的状态不是由当时的密钥签署：{why}",
        "How {file} stood when it was cut off is not signed by the key of that time: {why}",
    )
    STANDING_DISAGREES = _content(
        "{file} 与其中断时签署的状态不符。",
        "{file} disagrees with how it stood, signed, when it was cut off.",
    )
    CUT_FILE = _content(
        "{file} 因断电或程序中断未写完，已按中断时签署的状态封存。",
        "{file} was cut off by power or custody loss and is sealed as it stood.",
        Weight.NOTE,
    )
    # 9 with a key
    NOT_DECRYPTED = _content(
        "未提供密钥：已核对加密文件，未打开内容。",
        "No key was given: the encrypted files were compared, not opened.",
        Weight.NOTE,
    )
    KEY_DOES_NOT_FIT = _content(
        "所给密钥打不开 {file}。", "The given key does not open {file}.", Weight.DOUBT
    )
    CHUNK_DAMAGED = _content(
        "{file} 第 {from_byte} 至 {to_byte} 字节无法解密，位于 {clock} 处。",
        "{file} cannot be decrypted in bytes {from_byte} to {to_byte}, at {clock}.",
    )
    DECRYPTION = _content("{file} 无法解密：{why}", "{file} cannot be decrypted: {why}")
    CLEAR_CHANGED = _content(
        "{file} 解密后的内容与记录不符。", "{file} decrypts to other bytes than its record states."
    )
    FRAGMENTS_CHANGED = _content(
        "{file} 的画面分段与记录不符：{why}",
        "The fragments of {file} are not those that its record states: {why}",
    )
    SIDECAR_FORM = _content(
        "{file} 的附属信息格式有误：{why}", "The sidecar {file} is malformed: {why}"
    )
    # 10 receipts
    NO_RECEIPT = _custody(
        "包内没有有效的接收回执。", "The package holds no receipt that counts.", Weight.DOUBT
    )
    RECEIPT_FORM = _custody("回执 {file} 格式有误：{why}", "The receipt {file} is malformed: {why}")
    RECEIPT_SIGNATURE = _custody(
        "回执 {file} 的签名或见证不成立：{why}",
        "The signatures on receipt {file} do not hold: {why}",
    )
    RECEIPT_PROOF = _custody(
        "回执 {file} 的证明不成立：{why}", "The proof in receipt {file} does not hold: {why}"
    )
    RECEIPT_OTHER_LOG = _custody(
        "回执 {file} 属于另一台设备：{found}。", "Receipt {file} is for another unit: {found}."
    )
    RECEIPT_FILES = _custody(
        "回执 {file} 中 {other} 的摘要与日志不符。",
        "Receipt {file} names another digest for {other} than the log.",
    )
    HISTORY_REWRITTEN = _whole(
        "前 {size} 条记录与 {file} 证明的不同：日志在交付后被改写。",
        "The first {size} records are not those that {file} proves: the log was rewritten.",
    )
    TRUNCATED = _whole(
        "{file} 证明有 {size} 条记录，包内只有 {found} 条：末尾被删去。",
        "{file} proves {size} records, the package has {found}: the end was cut off.",
    )
    RECEIPT_ABSENT = _custody(
        "日志提到的回执 {file} 不在包内。",
        "The receipt {file} that the log mentions is not in the package.",
        Weight.NOTE,
    )
    NOT_RECEIVED = _custody(
        "没有回执证明站点存有 {file}。",
        "No receipt shows that the station holds {file}.",
        Weight.DOUBT,
    )
    RELEASE_WITHOUT_RECEIPT = _custody(
        "第 {seq} 条记录在没有回执的情况下释放了文件。",
        "Record {seq} releases files without a receipt.",
    )
    # 11 time
    ANCHOR_NOT_COUNTED = _time(
        "第 {seq} 条记录中的站点时间锚不能采信：{why}",
        "The anchor in record {seq} does not count: {why}",
        Weight.NOTE,
    )
    NO_ANCHOR = _time(
        "录像 {recording} 之前没有站点时间锚，不能证明它不早于何时。",
        "No anchor precedes recording {recording}: nothing proves its earliest time.",
        Weight.DOUBT,
    )
    NO_RECEIPT_TIME = _time(
        "录像 {recording} 没有回执覆盖，不能证明它不晚于何时。",
        "No receipt covers recording {recording}: nothing proves its latest time.",
        Weight.DOUBT,
    )
    TIME_TOO_EARLY = _time(
        "第 {seq} 条记录自称 {stated}，但它不可能早于 {instant}。",
        "Record {seq} claims {stated}, but it cannot be older than {instant}.",
    )
    TIME_TOO_LATE = _time(
        "第 {seq} 条记录自称 {stated}，但它在 {instant} 之前已存在。",
        "Record {seq} claims {stated}, but it existed before {instant}.",
    )
    BRACKET_CROSSED = _time(
        "第 {seq} 条记录的时间锚晚于覆盖它的回执。",
        "The anchor before record {seq} is younger than a receipt that covers it.",
    )
    BOOTTIME_BACK = _time(
        "第 {seq} 条记录的开机计时早于前一条记录。",
        "The boot clock of record {seq} lies before that of the record before it.",
    )
    CLOCK_STEP = _time(
        "第 {seq} 条记录：设备时钟被校正 {delta} 毫秒（{source}）。",
        "Record {seq}: the unit's clock was set by {delta} ms ({source}).",
        Weight.NOTE,
    )
    CLOCK_STEP_UNSTATED = _time(
        "第 {seq} 条记录处设备时钟跳变 {delta} 毫秒，没有说明。",
        "The unit's clock jumped by {delta} ms at record {seq}, and nothing states it.",
        Weight.DOUBT,
    )
    CLOCK_UNSURE = _time(
        "录像 {recording} 期间设备时钟未校准，时间以时间锚和回执为准。",
        "The unit's clock was not set during recording {recording}; anchor and receipt decide.",
        Weight.NOTE,
    )
    # 12 the end
    TAIL_OPEN = _whole(
        "录像 {recording} 的末尾没有被回执或外部签名头覆盖，是否被截去无法判断。",
        "Neither a receipt nor a head from outside covers the end of recording {recording}: "
        "whether its end was cut off cannot be proven.",
        Weight.DOUBT,
    )
    TAIL_AFTER = _whole(
        "最后 {count} 条记录在最新回执之后，不涉及本包录像。",
        "The last {count} records are younger than the newest receipt; no recording of this "
        "package is among them.",
        Weight.NOTE,
    )
    OUTSIDE_FORM = _whole(
        "外部提供的签名头不能采用：{why}",
        "The head given from outside cannot be used: {why}",
        Weight.DOUBT,
    )


SIGNER_DOUBTS = frozenset({Code.SIGNER_UNKNOWN.name})


def clock_text(second_ms: int | None) -> tuple[str, str]:
    """Give milliseconds from the first picture as mm:ss in Chinese and English."""
    if second_ms is None:
        return "未知时刻", "an unknown second"
    minutes, seconds = divmod(max(second_ms, 0) // 1000, 60)
    text = f"{minutes:02d}:{seconds:02d}"
    return text, text


def found(code: Code, place: Place = NOWHERE, **facts: object) -> Finding:
    """Make a finding; `facts` and `place` fill the braces of its sentences."""
    zh_clock, en_clock = clock_text(place.second_ms)
    here = {
        "seq": place.seq,
        "file": place.file,
        "from_byte": place.from_byte,
        "to_byte": place.to_byte,
    }
    kind = code.value
    return Finding(
        code=code.name,
        axis=kind.axis,
        weight=kind.weight,
        wording=Wording(
            zh=kind.zh.format(**{**here, "clock": zh_clock, **facts}),
            en=kind.en.format(**{**here, "clock": en_clock, **facts}),
        ),
        place=place,
    )
