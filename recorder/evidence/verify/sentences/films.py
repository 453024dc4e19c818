"""Sentences of steps 7 to 9: recordings, their files, and what is inside."""

from __future__ import annotations

from recorder.evidence.verdict import Weight
from recorder.evidence.verify.kinds import content, signer, time, whole

# 7 recordings
RECORDING_NUMBER = whole(
    "第 {seq} 条记录开始录像 {found}，应为录像 {stated}。",
    "Record {seq} starts recording {found}; recording {stated} is due.",
)
RECORDING_MISSING = whole("日志中没有录像 {recording}。", "The log has no recording {recording}.")
SEGMENT_NUMBER = whole(
    "录像 {recording} 缺少第 {stated} 段（第 {seq} 条记录为第 {found} 段）。",
    "Recording {recording} lacks segment {stated}; record {seq} is segment {found}.",
)
SEGMENT_AFTER = whole(
    "录像 {recording} 在结束后仍有片段（第 {seq} 条记录）。",
    "Recording {recording} has a segment behind its end: record {seq}.",
)
SEGMENT_TWICE = content(
    "第 {seq} 条记录封存的画面与 {other} 相同：旧画面被重复使用。",
    "Record {seq} seals the same picture bytes as {other}: old material was used again.",
)
STOP_TWICE = whole(
    "录像 {recording} 又一次结束（第 {seq} 条记录）。",
    "Recording {recording} is stopped once more by record {seq}.",
)
STOP_COUNT = whole(
    "录像 {recording} 结束时声明 {stated} 段，日志中有 {found} 段。",
    "Recording {recording} states {stated} segments at its end; the log has {found}.",
)
RECORDING_OPEN = whole(
    "录像 {recording} 没有结束记录，之后是否还有内容无法判断。",
    "Recording {recording} has no stop record; whether more followed cannot be proven.",
    Weight.DOUBT,
)
PICTURE_HOLE = whole(
    "录像 {recording} 在 {clock} 处缺 {length} 秒画面，没有任何说明。",
    "Recording {recording} lacks {length} s of picture at {clock}, and nothing states it.",
)
GAP = whole(
    "录像 {recording} 在 {clock} 处有 {length} 秒缺失，设备已说明：{source}，“{cause}”。",
    "Recording {recording} states a gap of {length} s at {clock}: {source}, “{cause}”.",
    Weight.NOTE,
)
INTERRUPTED = whole(
    "录像 {recording} 第 {segment} 段被中断：{cause}。",
    "Segment {segment} of recording {recording} was interrupted: {cause}.",
    Weight.NOTE,
)
RESUMED = whole(
    "录像 {recording} 是录像 {other} 的继续。",
    "Recording {recording} continues recording {other}.",
    Weight.NOTE,
)
OTHER_RECORDINGS = whole(
    "日志中另有 {count} 个录像不在本包内。",
    "The log knows {count} other recordings that this package does not hold.",
    Weight.NOTE,
)
NOTICE_UNHEARD = whole(
    "录像 {recording} 的告知语音未在录音中听到。",
    "The spoken notice of recording {recording} was not heard in its sound.",
    Weight.NOTE,
)

# 8 files
FILE_MISSING = whole("缺少文件 {file}。", "The file {file} is missing.")
FILE_RENAMED = whole(
    "文件 {file} 不在其位，其内容在 {other} 中。",
    "The file {file} is not in its place; its bytes lie in {other}.",
)
FILE_SWAPPED = content("{file} 的内容其实是 {other} 的内容。", "{file} holds the bytes of {other}.")
FILE_CHANGED = content(
    "{file} 第 {from_byte} 至 {to_byte} 字节与封存时不一致，位于 {clock} 至 {until} 之间。",
    "{file} differs from what was sealed in bytes {from_byte} to {to_byte}, "
    "between {clock} and {until}.",
)
FILE_TRUNCATED = content(
    "{file} 被截短，自第 {from_byte} 字节（{clock}）起缺失。",
    "{file} was cut short: it is missing from byte {from_byte}, {clock}.",
)
FILE_LONGER = content(
    "{file} 在封存的第 {from_byte} 字节之后被添加了内容。",
    "{file} has bytes behind its sealed end at byte {from_byte}.",
)
FILE_FOREIGN = content(
    "{file} 不属于本包录像的任何封存记录。",
    "{file} belongs to no record of this package's recordings.",
)
COMPANION_CHANGED = content("{file} 与封存时不一致。", "{file} differs from what was sealed.")
FILE_RELEASED = content(
    "{file} 已由设备凭回执释放，不在本包内。",
    "{file} was released by the unit against a receipt and is not in this package.",
    Weight.NOTE,
)
FILE_ORPHAN = content(
    "{file} 没有封存记录；设备在重启后发现并登记了它。",
    "{file} was never sealed; the unit found it after a restart and stated it.",
    Weight.NOTE,
)
STANDING_SIGNATURE = signer(
    "{file} 中断时的状态不是由当时的密钥签署：“{why}”",
    "How {file} stood when it was cut off is not signed by the key of that time: {why}",
)
STANDING_DISAGREES = content(
    "{file} 与其中断时签署的状态不符。",
    "{file} disagrees with how it stood, signed, when it was cut off.",
)
CUT_FILE = content(
    "{file} 因断电或程序中断未写完，已按中断时签署的状态封存。",
    "{file} was cut off by power or custody loss and is sealed as it stood.",
    Weight.NOTE,
)

# 9 with a key
NOT_DECRYPTED = content(
    "未提供密钥：已核对加密文件，未打开内容。",
    "No key was given: the encrypted files were compared, not opened.",
    Weight.NOTE,
)
KEY_DOES_NOT_FIT = content(
    "所给密钥打不开 {file}。", "The given key does not open {file}.", Weight.DOUBT
)
CHUNK_DAMAGED = content(
    "{file} 第 {from_byte} 至 {to_byte} 字节无法解密，位于 {clock} 处。",
    "{file} cannot be decrypted in bytes {from_byte} to {to_byte}, at {clock}.",
)
DECRYPTION = content("{file} 无法解密：“{why}”", "{file} cannot be decrypted: {why}")
CLEAR_CHANGED = content(
    "{file} 解密后的内容与记录不符。", "{file} decrypts to other bytes than its record states."
)
FRAGMENTS_CHANGED = content(
    "{file} 的画面分段与记录不符：“{why}”",
    "The fragments of {file} are not those that its record states: {why}",
)
SIDECAR_FORM = content(
    "{file} 的附属信息格式有误：“{why}”", "The sidecar {file} is malformed: {why}"
)
COMMAND_FORM = content(
    "{file} 中的命令不是该录像的命令：“{why}”",
    "The command in {file} is none for this recording: {why}",
)
COMMAND_UNRECORDED = whole(
    "{file} 中的第 {number} 号命令，日志在录像开始之前没有记载。",
    "The log states no such command {number} as {file} shows, before the recording began.",
)
COMMAND_SIGNATURE = signer(
    "{file} 中的第 {number} 号命令自称由 {by} 签署，签名不成立。",
    "Command {number} in {file} claims to be signed by {by}, and the signature does not hold.",
)
COMMAND_KEY_UNKNOWN = signer(
    "{file} 中的第 {number} 号命令不是由信任文件中的任何命令密钥签署，不能证明由谁下达。",
    "Command {number} in {file} is signed by none of the trust file's command keys: "
    "who gave it cannot be proven.",
    Weight.DOUBT,
)
COMMAND_KEY_NOT_GIVEN = signer(
    "执法人员由命令登记，但信任文件没有给出命令密钥：由谁下达，无法判断。",
    "Officers were bound by command, and the trust file names no command key: "
    "who gave it is not provable.",
    Weight.NOTE,
)
COMMAND_ORDERED = signer(
    "录像 {recording} 的执法人员由 {by} 以第 {number} 号命令登记（{since} 至 {until}）。",
    "The officers of recording {recording} were ordered by {by} with command {number}, "
    "to be taken from {since} until {until}.",
    Weight.NOTE,
)
COMMAND_LEFT_OUT = signer(
    "第 {seq} 条记录接受了第 {number} 号登记执法人员的命令，录像 {recording} 中没有它。",
    "Record {seq} takes command {number} for officers; recording {recording} does not carry it.",
    Weight.NOTE,
)
COMMAND_TIME = time(
    "第 {seq} 条记录自称在 {claimed} 接受第 {number} 号命令，该命令的时间为 {since} 至 {until}。",
    "Record {seq} claims to take command {number} at {claimed}; "
    "it was to be taken from {since} until {until}.",
    Weight.NOTE,
)
