"""What no single key of a regulation can say: rules between its keys.

They look at the document as it was read, so that they speak even where other keys are wrong;
what has the wrong kind is left to `config.conform`.
"""

from collections.abc import Iterator

from config.citation import articles_in, list_items_in
from config.document import Document, at, integer, section, twice
from config.fault import Fault, as_toml
from config.lines import KeyPath
from config.words import Words

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
        yield from twice(at(rules, *path), "id", path)
    yield from _hand_in(section(rules, "hand_in"))
    yield from _retention(at(rules, "retention"))
    yield from _wording(rules)
    crew = section(rules, "crew")
    officers, wearers = integer(crew, "officers"), integer(crew, "wearers")
    if officers is not None and wearers is not None and wearers > officers:
        yield Fault(
            ("crew", "wearers"),
            str(wearers),
            Words(
                f"佩戴的人比到场的 {officers} 人还多", f"more wearers than the {officers} present"
            ),
            Words(f"改为 {officers} 或更少", f"Use {officers} or fewer"),
        )


def _citations(rules: Document, node: object, path: KeyPath) -> Iterator[Fault]:
    """Yield each citation of an article or list item that the original does not have."""
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from _citations(rules, one, (*path, index))
    if not isinstance(node, dict):
        return
    regulation = section(rules, "regulation")
    cited = node.get("article")
    if isinstance(cited, str):
        articles, items = integer(regulation, "articles"), integer(regulation, "list_items") or 0
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
    say = at(rules, *path)
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
