"""Sentences of steps 10 to 12: receipts, time, and where the log ends."""

from __future__ import annotations

from recorder.evidence.verdict import Weight
from recorder.evidence.verify.kinds import custody, time, whole

# 10 receipts
NO_RECEIPT = custody(
    "包内没有有效的接收回执。", "The package holds no receipt that counts.", Weight.DOUBT
)
RECEIPT_FORM = custody("回执 {file} 格式有误：“{why}”", "The receipt {file} is malformed: {why}")
RECEIPT_SIGNATURE = custody(
    "回执 {file} 的签名或见证不成立：“{why}”",
    "The signatures on receipt {file} do not hold: {why}",
)
RECEIPT_PROOF = custody(
    "回执 {file} 的证明不成立：“{why}”", "The proof in receipt {file} does not hold: {why}"
)
RECEIPT_OTHER_LOG = custody(
    "回执 {file} 属于另一台设备：{found}。", "Receipt {file} is for another unit: {found}."
)
RECEIPT_FILES = custody(
    "回执 {file} 中 {other} 的摘要与日志不符。",
    "Receipt {file} names another digest for {other} than the log.",
)
HISTORY_REWRITTEN = whole(
    "前 {size} 条记录与 {file} 证明的不同：日志在交付后被改写。",
    "The first {size} records are not those that {file} proves: the log was rewritten.",
)
TRUNCATED = whole(
    "{file} 证明有 {size} 条记录，包内只有 {found} 条：末尾被删去。",
    "{file} proves {size} records, the package has {found}: the end was cut off.",
)
RECEIPT_ABSENT = custody(
    "日志提到的回执 {file} 不在包内。",
    "The receipt {file} that the log mentions is not in the package.",
    Weight.NOTE,
)
NOT_RECEIVED = custody(
    "没有回执证明站点存有 {file}。",
    "No receipt shows that the station holds {file}.",
    Weight.DOUBT,
)
RELEASE_WITHOUT_RECEIPT = custody(
    "第 {seq} 条记录在没有回执的情况下释放了文件。",
    "Record {seq} releases files without a receipt.",
)

# 11 time
ANCHOR_NOT_COUNTED = time(
    "第 {seq} 条记录中的站点时间锚不能采信：“{why}”",
    "The anchor in record {seq} does not count: {why}",
    Weight.NOTE,
)
NO_ANCHOR = time(
    "录像 {recording} 之前没有站点时间锚，不能证明它不早于何时。",
    "No anchor precedes recording {recording}: nothing proves its earliest time.",
    Weight.DOUBT,
)
NO_RECEIPT_TIME = time(
    "录像 {recording} 没有回执覆盖，不能证明它不晚于何时。",
    "No receipt covers recording {recording}: nothing proves its latest time.",
    Weight.DOUBT,
)
TIME_TOO_EARLY = time(
    "第 {seq} 条记录自称 {stated}，但它不可能早于 {instant}。",
    "Record {seq} claims {stated}, but it cannot be older than {instant}.",
)
TIME_TOO_LATE = time(
    "第 {seq} 条记录自称 {stated}，但它在 {instant} 之前已存在。",
    "Record {seq} claims {stated}, but it existed before {instant}.",
)
BRACKET_CROSSED = time(
    "第 {seq} 条记录的时间锚晚于覆盖它的回执。",
    "The anchor before record {seq} is younger than a receipt that covers it.",
)
BOOTTIME_BACK = time(
    "第 {seq} 条记录的开机计时早于前一条记录。",
    "The boot clock of record {seq} lies before that of the record before it.",
)
CLOCK_STEP = time(
    "第 {seq} 条记录：设备时钟被校正 {delta} 毫秒（{source}）。",
    "Record {seq}: the unit's clock was set by {delta} ms ({source}).",
    Weight.NOTE,
)
CLOCK_STEP_UNSTATED = time(
    "第 {seq} 条记录处设备时钟跳变 {delta} 毫秒，没有说明。",
    "The unit's clock jumped by {delta} ms at record {seq}, and nothing states it.",
    Weight.DOUBT,
)
CLOCK_UNSURE = time(
    "录像 {recording} 期间设备时钟未校准，时间以时间锚和回执为准。",
    "The unit's clock was not set during recording {recording}; anchor and receipt decide.",
    Weight.NOTE,
)
SATELLITES_DISAGREE = time(
    "录像 {recording} 在 {clock} 处卫星时间为 {satellites}，设备时钟为 {claimed}，其中之一有误。",
    "At {clock} of recording {recording} satellites said {satellites} and the unit's clock said "
    "{claimed}: one of them is wrong.",
    Weight.DOUBT,
)
TIME_STAMPS = time(
    "本包另有 {count} 个时间戳（RFC 3161），本程序不核验，见 HOW-TO-CHECK.txt 第 9 步。",
    "The package also carries {count} time-stamps (RFC 3161), which this program does not check; "
    "step 9 of HOW-TO-CHECK.txt does.",
    Weight.NOTE,
)

# 12 the end
TAIL_OPEN = whole(
    "录像 {recording} 的末尾没有被回执或外部签名头覆盖，是否被截去无法判断。",
    "Neither a receipt nor a head from outside covers the end of recording {recording}: "
    "whether its end was cut off cannot be proven.",
    Weight.DOUBT,
)
TAIL_AFTER = whole(
    "最后 {count} 条记录在最新回执之后，不涉及本包录像。",
    "The last {count} records are younger than the newest receipt; no recording of this "
    "package is among them.",
    Weight.NOTE,
)
OUTSIDE_FORM = whole(
    "外部提供的签名头不能采用：“{why}”",
    "The head given from outside cannot be used: {why}",
    Weight.DOUBT,
)
