"""The closed words of records, as a sentence says them in both languages.

What a unit wrote freely is none of them: a sentence quotes it as it is.
"""

from __future__ import annotations

from recorder.evidence.causes import GapSource, InterruptCause
from recorder.evidence.moment import ClockSource
from recorder.evidence.verdict import Wording

GAP_SOURCES = {
    GapSource.CAMERA: Wording("摄像头", "the camera"),
    GapSource.MICROPHONE: Wording("麦克风", "the microphone"),
    GapSource.GPS: Wording("卫星定位", "the satellite receiver"),
    GapSource.LENS: Wording("摄录程序", "the filming process"),
    GapSource.CAPTURE: Wording("采集程序", "the capture process"),
    GapSource.CUSTODY: Wording("存证程序", "the custody process"),
    GapSource.STORAGE: Wording("存储", "the storage"),
}
INTERRUPTIONS = {
    InterruptCause.NONE: Wording("未说明原因", "no cause is stated"),
    InterruptCause.CAPTURE_LOST: Wording("采集程序中断", "the capture process was lost"),
    InterruptCause.CUSTODY_LOST: Wording("存证程序中断或断电", "custody or power was lost"),
    InterruptCause.STORAGE: Wording("存储故障", "the storage failed"),
}
CLOCKS = {
    ClockSource.GPS: Wording("卫星授时", "satellite time"),
    ClockSource.STATION: Wording("站点时间", "the station's time"),
    ClockSource.NTP: Wording("网络时间", "network time"),
    ClockSource.RTC: Wording("设备自带时钟", "the unit's own clock"),
    ClockSource.NONE: Wording("来源不明", "no known source"),
}
STATEMENTS = {
    "size": Wording("记录条数", "size"),
    "origin": Wording("设备名", "origin"),
}
"""What a package states of itself."""
