"""Where each key of a TOML text stands: tomllib reads values, but forgets their lines.

Promises a line for every key and every element of text that tomllib accepts; it does not judge
TOML, so give it nothing that tomllib has refused.
"""

import re
import tomllib

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*(\.?)""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


def lines_of(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, on which each key and each array element of `text` begins."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks over a valid TOML text once, keeping where it is."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # arrays of tables, and how many elements so far

    def scan(self) -> dict[KeyPath, int]:
        base: KeyPath = ()
        while self._skip_blank():
            if self._text.startswith("[[", self._at):
                base = self._header("[[")
            elif self._text.startswith("[", self._at):
                base = self._header("[")
            else:
                self._pair(base)
        return self._lines

    def _skip_blank(self) -> bool:
        blank = _BLANK.match(self._text, self._at)
        if blank is not None:
            self._at = blank.end()
        return self._at < len(self._text)

    def _note(self, path: KeyPath) -> None:
        self._lines.setdefault(path, self._text.count("\n", 0, self._at) + 1)

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while True:
            token = _KEY.match(self._text, self._at)
            if token is None:
                raise AssertionError(f"no key at offset {self._at} of text that tomllib accepted")
            word = token[1]
            parts.append(tomllib.loads(f"k = {word}")["k"] if word[0] in "\"'" else word)
            self._at = token.end()
            if not token[2]:
                return tuple(parts)

    def _header(self, opening: str) -> KeyPath:
        start = self._at
        self._at += len(opening)
        parts = self._key()
        self._at += len(opening)
        end, self._at = self._at, start
        path: KeyPath = ()
        for depth, part in enumerate(parts):
            path = (*path, part)
            self._note(path)
            last = depth == len(parts) - 1
            if last and opening == "[[":
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
                self._note(path)
        self._at = end
        return path

    def _pair(self, base: KeyPath) -> None:
        self._skip_blank()
        start = self._at
        parts = self._key()
        end, self._at = self._at, start
        for depth in range(len(parts)):
            self._note((*base, *parts[: depth + 1]))
        self._at = end + 1  # over the equals sign
        self._value((*base, *parts))

    def _value(self, path: KeyPath) -> None:
        self._skip_blank()
        self._note(path)
        here = self._text[self._at]
        if here == "[":
            self._inside(path, "]")
        elif here == "{":
            self._inside(path, "}")
        else:
            token = (_STRING if here in "\"'" else _BARE).match(self._text, self._at)
            if token is None:
                raise AssertionError(f"no value at offset {self._at} of text tomllib accepted")
            self._at = token.end()

    def _inside(self, path: KeyPath, closing: str) -> None:
        self._at += 1
        count = 0
        while self._skip_blank() and self._text[self._at] != closing:
            if self._text[self._at] == ",":
                self._at += 1
            elif closing == "}":
                self._pair(path)
            else:
                self._value((*path, count))
                count += 1
        self._at += 1
