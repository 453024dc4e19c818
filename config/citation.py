"""The numbers in a citation: `第十三条、第十四条` is 13 and 14, `清单第3项` is list item 3."""

import re

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_ARTICLE = re.compile(r"第([零一二三四五六七八九十百]+)条")
_LIST_ITEM = re.compile(r"清单第([0-9]+)项")


def articles_in(citation: str) -> tuple[int, ...]:
    """Return the numbers of the articles that `citation` names, in its order."""
    return tuple(number(digits) for digits in _ARTICLE.findall(citation))


def list_items_in(citation: str) -> tuple[int, ...]:
    """Return the numbers of the list items that `citation` names, in its order."""
    return tuple(int(digits) for digits in _LIST_ITEM.findall(citation))


def number(digits: str) -> int:
    """Return the value of a Chinese numeral below 1000, as articles are numbered."""
    total, pending = 0, 0
    for digit in digits:
        if digit in "十百":
            total += max(pending, 1) * (10 if digit == "十" else 100)
            pending = 0
        else:
            pending = _DIGITS[digit]
    return total + pending
