"""What no single key can say: rules between keys of fleet and unit, and between layers.

They look at the document as it was read, so that they speak even where other keys are wrong;
what has the wrong kind is left to `config.conform`.
"""

from collections.abc import Iterator

from msgspec.structs import asdict

from config.document import Document, at, integer, section, twice
from config.fault import Fault, as_toml
from config.schema import Devices, Gestures, Night, Record
from config.words import Words


def check_fleet(fleet: Document) -> Iterator[Fault]:
    """Yield what contradicts itself within a fleet file."""
    witnesses = section(fleet, "witnesses")
    keys, quorum = at(witnesses, "keys"), integer(witnesses, "quorum")
    if isinstance(keys, list) and keys and quorum is not None and quorum > len(keys):
        yield Fault(
            ("witnesses", "quorum"),
            str(quorum),
            Words(
                f"只有 {len(keys)} 个见证，永远凑不齐",
                f"there are only {len(keys)} witnesses, no receipt would ever count",
            ),
            Words(
                f"改为 {len(keys)} 或更少，或增加见证",
                f"Use {len(keys)} or fewer, or add witnesses",
            ),
        )
    listed = keys if isinstance(keys, list) else []
    for index, key in enumerate(listed):
        if isinstance(key, str) and key in listed[:index]:
            yield Fault(
                ("witnesses", "keys", index),
                as_toml(key),
                Words("同一个见证写了两次", "the same witness twice"),
                Words("删去重复的一个", "Remove one of them"),
            )
    recovery = section(fleet, "recovery").get("age_recipient")
    if recovery and recovery == section(fleet, "station").get("age_recipient"):
        yield Fault(
            ("recovery", "age_recipient"),
            as_toml(recovery),
            Words(
                "与采集站的公钥相同，站毁则全失", "is the station's own key, lost together with it"
            ),
            Words(
                "另做一把恢复密钥，私钥离线保管",
                "Make a second key and keep its private half offline",
            ),
        )


def check_unit(unit: Document) -> Iterator[Fault]:
    """Yield what contradicts itself within a unit file."""
    record, gestures = section(unit, "record"), section(unit, "gestures")
    whole, live = integer(record, "segment_seconds"), integer(record, "live_segment_seconds")
    most = Record().segment_seconds if whole is None else whole
    if live is not None and 5 <= most < live <= 60:  # out of bounds is said already
        yield Fault(
            ("record", "live_segment_seconds"),
            str(live),
            Words(f"比平时的每段 {most} 秒还长", f"longer than the usual {most} seconds"),
            Words(f"改为 {min(10, most)} 可用", f"Use {min(10, most)}, for example"),
        )
    stop, off = integer(gestures, "stop_hold_ms"), integer(gestures, "off_hold_ms")
    longest = Gestures().off_hold_ms if off is None else off
    if stop is not None and 3000 <= longest <= stop <= 10_000:
        yield Fault(
            ("gestures", "stop_hold_ms"),
            str(stop),
            Words(
                "长按停止不能久于长按关机", "stopping must take a shorter hold than switching off"
            ),
            Words("改为 2000 可用", "Use 2000, for example"),
        )
    yield from twice(unit.get("officers"), "number", ("officers",))
    yield from _pins(section(unit, "devices"))
    night = section(unit, "night")
    dark, bright = integer(night, "dark_lux"), integer(night, "bright_lux")
    darkest = Night().dark_lux if dark is None else dark
    brightest = Night().bright_lux if bright is None else bright
    if 0 <= darkest <= 1_000 and 1 <= brightest <= darkest:
        yield Fault(
            ("night", "dark_lux" if bright is None else "bright_lux"),
            str(darkest if bright is None else brightest),
            Words("变亮的界限不高于变暗的界限", "bright would not be brighter than dark"),
            Words(
                f"bright_lux 须大于 {darkest}，远一些才不会来回切换",
                f"Make bright_lux more than {darkest}, and far from it",
            ),
        )


def check_together(rules: Document, fleet: Document, unit: Document) -> Iterator[tuple[str, Fault]]:
    """Yield what is wrong between layers, each with the layer that has to change."""
    mode = section(rules, "pre_record").get("mode")
    seconds = integer(section(unit, "record"), "pre_record_seconds")
    if mode == "off" and seconds is not None and 0 < seconds <= 30:
        yield (
            "unit",
            Fault(
                ("record", "pre_record_seconds"),
                str(seconds),
                Words("本单位的规定关闭了预录", "the agency's rules switch pre-record off"),
                Words(
                    "改为 0；要预录，先改规则文件的 pre_record.mode",
                    "Use 0, or change pre_record.mode in the rules first",
                ),
            ),
        )
    may_go = section(rules, "live").get("mode") != "off" and "secrecy" not in rules
    if section(unit, "record").get("live") is True and not may_go:
        yield (
            "unit",
            Fault(
                ("record", "live"),
                "true",
                Words("本单位的规定不许实时上传", "the agency's rules let nothing travel live"),
                Words("改为 false；要实时上传，先改规则", "Use false, or change the rules"),
            ),
        )
    say = at(rules, "notice", "wording", "say")
    name = section(fleet, "agency").get("name")
    if isinstance(say, str) and isinstance(name, str) and "{agency}" not in say and name not in say:
        yield (
            "fleet",
            Fault(
                ("agency", "name"),
                as_toml(name),
                Words(
                    "规则里的告知用语念的是另一个单位",
                    "the notice in the rules speaks of another agency",
                ),
                Words(
                    "换用本单位的规则文件，或在用语里写 {agency}",
                    "Use this agency's own rules, or write {agency} in the wording",
                ),
            ),
        )


def _pins(devices: Document) -> Iterator[Fault]:
    standard = {key: pin for key, pin in asdict(Devices()).items() if key.endswith("_pin")}
    taken = {pin: key for key, pin in standard.items() if key not in devices}
    taken.pop(Devices().ir_light_pin, None)  # none: any number of keys may say so
    for key in (key for key in devices if key in standard):
        pin = integer(devices, key)
        if pin == Devices().ir_light_pin:
            continue
        if pin in taken:
            yield Fault(
                ("devices", key),
                str(pin),
                Words(f"与 {taken[pin]} 用了同一引脚", f"is the pin of {taken[pin]}"),
                Words("换一个空闲引脚", "Choose a free pin"),
            )
        elif pin is not None:
            taken[pin] = key
