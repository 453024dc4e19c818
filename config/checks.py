"""What no single key can say: rules between keys of one layer, and between layers.

They look at the document as it was read, so that they speak even where other keys are wrong;
what has the wrong kind is left to `config.conform`.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import asdict

from config.citation import articles_in, list_items_in
from config.fault import Fault, as_toml, dotted
from config.lines import KeyPath
from config.schema import Devices, Gestures, Night, Record
from config.words import Words

Document = dict[str, Any]

_PLACES = ("{agency}", "{officers}")
_NUMBERED: tuple[KeyPath, ...] = (
    ("stop_reasons",),
    ("not_recorded_reasons",),
    ("interruption_causes",),
    ("reports",),
    ("scenes",),
    ("focus",),
    ("hand_in", "exceptions"),
    ("retention",),
    ("registers",),
    ("offences",),
    ("sanctions",),
)


def check_rules(rules: Document) -> Iterator[Fault]:
    """Yield what contradicts itself within a regulation."""
    yield from _citations(rules, rules, ())
    for path in _NUMBERED:
        yield from _twice(_at(rules, *path), "id", path)
    yield from _hand_in(_section(rules, "hand_in"))
    yield from _retention(_at(rules, "retention"))
    yield from _wording(rules)
    crew = _section(rules, "crew")
    officers, wearers = _integer(crew, "officers"), _integer(crew, "wearers")
    if officers is not None and wearers is not None and wearers > officers:
        yield Fault(
            ("crew", "wearers"),
            str(wearers),
            Words(
                f"佩戴的人比到场的 {officers} 人还多", f"more wearers than the {officers} present"
            ),
            Words(f"改为 {officers} 或更少", f"Use {officers} or fewer"),
        )


def check_fleet(fleet: Document) -> Iterator[Fault]:
    """Yield what contradicts itself within a fleet file."""
    witnesses = _section(fleet, "witnesses")
    keys, quorum = _at(witnesses, "keys"), _integer(witnesses, "quorum")
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
    recovery = _section(fleet, "recovery").get("age_recipient")
    if recovery and recovery == _section(fleet, "station").get("age_recipient"):
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
    record, gestures = _section(unit, "record"), _section(unit, "gestures")
    whole, live = _integer(record, "segment_seconds"), _integer(record, "live_segment_seconds")
    most = Record().segment_seconds if whole is None else whole
    if live is not None and 5 <= most < live <= 60:  # out of bounds is said already
        yield Fault(
            ("record", "live_segment_seconds"),
            str(live),
            Words(f"比平时的每段 {most} 秒还长", f"longer than the usual {most} seconds"),
            Words(f"改为 {min(10, most)} 可用", f"Use {min(10, most)}, for example"),
        )
    stop, off = _integer(gestures, "stop_hold_ms"), _integer(gestures, "off_hold_ms")
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
    yield from _twice(unit.get("officers"), "number", ("officers",))
    yield from _pins(_section(unit, "devices"))
    night = _section(unit, "night")
    dark, bright = _integer(night, "dark_lux"), _integer(night, "bright_lux")
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
    mode = _section(rules, "pre_record").get("mode")
    seconds = _integer(_section(unit, "record"), "pre_record_seconds")
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
    may_go = _section(rules, "live").get("mode") != "off" and "secrecy" not in rules
    if _section(unit, "record").get("live") is True and not may_go:
        yield (
            "unit",
            Fault(
                ("record", "live"),
                "true",
                Words("本单位的规定不许实时上传", "the agency's rules let nothing travel live"),
                Words("改为 false；要实时上传，先改规则", "Use false, or change the rules"),
            ),
        )
    say = _at(rules, "notice", "wording", "say")
    name = _section(fleet, "agency").get("name")
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


def _citations(rules: Document, node: object, path: KeyPath) -> Iterator[Fault]:
    """Yield each citation of an article or list item that the original does not have."""
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from _citations(rules, one, (*path, index))
    if not isinstance(node, dict):
        return
    regulation = _section(rules, "regulation")
    cited = node.get("article")
    if isinstance(cited, str):
        articles, items = _integer(regulation, "articles"), _integer(regulation, "list_items") or 0
        beyond = articles is not None and max(articles_in(cited), default=0) > articles
        if beyond or max(list_items_in(cited), default=0) > items:
            yield Fault(
                (*path, "article"),
                as_toml(cited),
                Words(
                    f"原文只有 {articles} 条、清单 {items} 项",
                    f"the original has {articles} articles and {items} list items",
                ),
                Words("对照原文改正", "Correct it from the original"),
            )
    for key, value in node.items():
        yield from _citations(rules, value, (*path, key))


def _hand_in(hand_in: Document) -> Iterator[Fault]:
    within, hours = hand_in.get("within"), hand_in.get("hours")
    if within == "hours_after_end" and hours is None:
        yield Fault(
            ("hand_in", "hours"),
            "",
            Words("没有写几小时内交", "the number of hours is missing"),
            Words("加上 hours = 24", "Add hours = 24"),
        )
    if within == "same_day" and hours is not None:
        yield Fault(
            ("hand_in", "hours"),
            as_toml(hours),
            Words("当天交的不写小时数", "hours do not belong to a hand-in on the same day"),
            Words("删去 hours", "Remove hours"),
        )


def _retention(classes: object) -> Iterator[Fault]:
    known = classes if isinstance(classes, list) else []
    for index, one in enumerate(known):
        if not isinstance(one, dict):
            continue
        if one.get("keep") == "years" and "years" not in one:
            reason = Words("没有写保存几年", "the number of years is missing")
            add = Words("加上 years = 2", "Add years = 2")
            yield Fault(("retention", index, "years"), "", reason, add)
        if one.get("keep") != "years" and "years" in one:
            shown = as_toml(one["years"])
            reason = Words('只有 keep = "years" 才写年数', 'years only goes with keep = "years"')
            drop = Words("删去 years", "Remove years")
            yield Fault(("retention", index, "years"), shown, reason, drop)
    if known and not any(isinstance(one, dict) and one.get("id") == "general" for one in known):
        yield Fault(
            ("retention",),
            "",
            Words("缺少适用于全部资料的一类", "the class that holds for everything is missing"),
            Words('加上 id = "general" 的一类', 'Add a class with id = "general"'),
        )


def _wording(rules: Document) -> Iterator[Fault]:
    path: KeyPath = ("notice", "wording", "say")
    say = _at(rules, *path)
    if not isinstance(say, str):
        return
    bare = say
    for place in _PLACES:
        bare = bare.replace(place, "")
    if "{" in bare or "}" in bare:
        yield Fault(
            path,
            as_toml(say),
            Words("有不认识的占位符", "has a placeholder that nobody fills"),
            Words("只用 {agency} 和 {officers}", "Use {agency} and {officers} only"),
        )
    if "{officers}" not in say:
        yield Fault(
            path,
            as_toml(say),
            Words("没有报出执法人员姓名的位置", "has no place for the officers' names"),
            Words("在姓名处写 {officers}", "Write {officers} where the names go"),
        )


def _twice(items: object, key: str, path: KeyPath) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for index, one in enumerate(items if isinstance(items, list) else ()):
        value = one.get(key) if isinstance(one, dict) else None
        if not isinstance(value, str):
            continue
        if value in seen:
            first = dotted((*path, seen[value]))
            yield Fault(
                (*path, index, key),
                as_toml(value),
                Words(f"与 {first} 重复", f"is taken by {first}"),
                Words("换一个，或删去重复的一项", "Choose another, or remove one of them"),
            )
        seen.setdefault(value, index)


def _pins(devices: Document) -> Iterator[Fault]:
    standard = {key: pin for key, pin in asdict(Devices()).items() if key.endswith("_pin")}
    taken = {pin: key for key, pin in standard.items() if key not in devices}
    taken.pop(Devices().ir_light_pin, None)  # none: any number of keys may say so
    for key in (key for key in devices if key in standard):
        pin = _integer(devices, key)
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


def _at(document: object, *path: str | int) -> object:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _section(document: Document, key: str) -> Document:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _integer(section: Document, key: str) -> int | None:
    found = section.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
