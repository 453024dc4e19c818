"""The acts of the table that are one light, one prompt, one order or one closing."""

from __future__ import annotations

from recorder.capture import lens_words as words
from recorder.capture.conductor.machine import Act
from recorder.capture.ports import Lamp

LIGHTS = {
    Act.LIGHT_READY: Lamp.READY,
    Act.LIGHT_RECORDING: Lamp.RECORDING,
    Act.LIGHT_FAULT: Lamp.FAULT,
}
SAYINGS = {
    Act.SAY_STARTED: "rec.start",
    Act.SAY_STOPPED: "rec.stop",
    Act.SAY_MARKED: "mark",
    Act.SAY_RECOVERED: "recover",
    Act.SAY_RESUMED: "resume",
    Act.SAY_FULL: "store.full",
    Act.SAY_POWER_END: "batt.end",
    Act.SAY_OFF: "off",
}
ORDERS: dict[Act, words.Order] = {
    Act.AWAIT: words.Await(),
    Act.DROP: words.Drop(),
    Act.HALT: words.Halt(),
}
CLOSINGS = {
    Act.CLOSE: "button",
    Act.CLOSE_POWER: "power",
    Act.CLOSE_STORAGE: "storage",
}
