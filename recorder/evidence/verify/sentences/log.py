"""Sentences of steps 1 to 6: the bag, the log, its heads, epochs, signer and runs."""

from __future__ import annotations

from recorder.evidence.verdict import Weight
from recorder.evidence.verify.kinds import content, signer, whole

# 1 the bag
BAG_FORM = content(
    "证据包清单 {file} 缺失或格式有误：“{why}”", "The bag's {file} is missing or malformed: {why}"
)
BAG_DIGEST = content(
    "{file} 与证据包清单中的摘要不符。", "{file} differs from the digest in the bag's list."
)
BAG_MISSING = content(
    "{file} 列在证据包清单中，但不在包内。", "{file} is in the bag's list but not in the bag."
)
BAG_UNLISTED = content(
    "{file} 在包内，但不在证据包清单中。", "{file} is in the bag but not in its list."
)
FILE_LITTER = content(
    "{file} 是电脑打开文件夹时自行放入的那类文件，不属于证据包。",
    "{file} has the name of a file that computers lay into folders; it is no part of the package.",
    Weight.NOTE,
)
FILE_UNREADABLE = content("{file} 无法读取：“{why}”", "{file} cannot be read: {why}")
PACKAGE_FORM = whole(
    "包说明 {file} 缺失或格式有误：“{why}”", "The statement {file} is missing or malformed: {why}"
)
PACKAGE_DISAGREES = whole(
    "包说明与内容不符（{what}）：说明为 {stated}，实为 {found}。",
    "The package states {what} {stated}, but holds {found}.",
)

# 2 records
LOG_MISSING = whole("包内没有任何日志记录。", "The package holds no log at all.")
RECORD_FORM = whole(
    "第 {seq} 条记录格式有误（{file}）：“{why}”", "Record {seq} in {file} is malformed: {why}"
)
RECORD_SEQ = whole(
    "应为第 {seq} 条记录，却是第 {found} 条（{file}）。",
    "Record {seq} should stand here in {file}, but it is record {found}.",
)
RECORD_LINK = whole(
    "第 {seq} 条记录与其前一条记录不衔接：前一条被改动、删除、插入或调换。",
    "Record {seq} does not follow the record before it: one was changed, removed or moved.",
)
RECORD_ORIGIN = whole(
    "第 {seq} 条记录属于另一台设备：{found}。",
    "Record {seq} belongs to another unit: {found}.",
)
RECORD_RUN = whole(
    "第 {seq} 条记录的运行号为 {found}，与文件 {file} 不符。",
    "Record {seq} names run {found}, but lies in {file}.",
)
COMMAND_NUMBER = whole(
    "第 {seq} 条记录接受了第 {found} 号命令，而此前已接受第 {stated} 号：命令被重复执行。",
    "Record {seq} takes command {found}, though {stated} was taken before: one was obeyed twice.",
)

# 3 heads
HEAD_FORM = whole("{file} 中有一个签名头格式有误：“{why}”", "A head in {file} is malformed: {why}")
HEAD_MISSING = whole("第 {seq} 条记录缺少签名头。", "Record {seq} has no signed head.")
HEAD_EXTRA = whole(
    "{file} 中有第 {seq} 条记录的签名头，但没有该记录。",
    "{file} has a head for record {seq}, but that record is not here.",
)
HEAD_TWICE = whole(
    "第 {seq} 条记录有两个不同的签名头：日志曾被分叉。",
    "Record {seq} has two different heads: the log was forked.",
)
HEAD_ROOT = whole(
    "第 {seq} 条记录的签名头与日志内容不符。",
    "The head after record {seq} does not match the records.",
)
HEAD_SIGNATURE = signer(
    "第 {seq} 条记录的签名头不是由当时的密钥签署。",
    "The head after record {seq} is not signed by the key in force then.",
)

# 4 epochs
EPOCH_NUMBER = signer(
    "第 {seq} 条记录的密钥期号 {found} 与当时应有的 {stated} 不符。",
    "Record {seq} names epoch {found}, but epoch {stated} is in force.",
)
EPOCH_COMMITMENT = signer(
    "第 {seq} 条记录启用的密钥不是此前承诺的密钥。",
    "Record {seq} brings a key other than the one promised before.",
)
EPOCH_IDENTITY = signer(
    "第 {seq} 条记录的密钥未由设备证书的密钥签署。",
    "The key that record {seq} brings is not signed by the unit's certified key.",
)
EPOCH_PREVIOUS = signer(
    "第 {seq} 条记录的密钥未由前一密钥签署。",
    "The key that record {seq} brings is not signed by the key before it.",
)

# 5 identity
CERTIFICATE_FORM = signer(
    "设备证书 {file} 缺失或有误：“{why}”",
    "The unit's certificate {file} is missing or faulty: {why}",
)
CERTIFICATE_NAME = signer(
    "设备证书属于 {found}，而日志属于 {stated}。",
    "The certificate is of {found}, but the log is of {stated}.",
)
SIGNER_UNKNOWN = signer(
    "签名者不在册：其证书不出自信任文件中的任何根证书。",
    "The signer is unknown: no root of the trust file stands behind its certificate.",
    Weight.DOUBT,
)
CERTIFICATE_INSTANT = signer(
    "设备证书或其签发者的证书在 {instant} 无效。",
    "The certificate of the unit, or of one of its issuers, was not valid at {instant}.",
)
UNIT_REVOKED = signer(
    "设备 {unit} 自 {instant} 起已被吊销，且此前没有接收回执。",
    "Unit {unit} is revoked from {instant}, and no receipt is older than that.",
    Weight.DOUBT,
)

# 6 runs
RUN_MISSING = whole(
    "缺少第 {first} 至 {last} 次运行的日志。", "The logs of runs {first} to {last} are missing."
)
RUN_OPENING = whole(
    "第 {run} 次运行的日志没有以密钥记录和运行记录开头。",
    "Run {run} does not open with its epoch record and its run record.",
)
RUN_CLEAN = whole(
    "第 {run} 次运行对上一次运行如何结束的说明与日志不符。",
    "Run {run} states wrongly how the run before it ended.",
)
TORN_UNSTATED = whole(
    "{file} 末尾有 {size} 字节未提交，与下一次运行的说明不符。",
    "{file} ends with {size} uncommitted bytes, other than the next run states.",
)
TORN_STATED = whole(
    "{file} 末尾有 {size} 字节因断电未写完，下一次运行已说明。",
    "{file} ends with {size} bytes that a cut left unfinished; the next run states them.",
    Weight.NOTE,
)
TORN_END = whole(
    "最新日志 {file} 末尾有 {size} 字节未提交，不作为记录。",
    "The newest log {file} ends with {size} uncommitted bytes; they do not count.",
    Weight.NOTE,
)
RUN_CUT = whole(
    "第 {run} 次运行未正常结束（断电或程序中断）。",
    "Run {run} ended without a shutdown: power or custody was lost.",
    Weight.NOTE,
)
