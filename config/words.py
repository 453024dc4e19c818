"""What a configuration can be told: each sentence in Chinese and in English, side by side.

Promises that every reason and remedy exists in both languages. Knows no file and no line.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages, without a full stop, but with its question mark."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one file: where, what stands there, why not, and what to do.

    `line` is 0 where no line can be named (the file cannot be read). `value` is what the file
    says, as TOML writes it, or empty if it says nothing or must not be shown. `unreadable` is
    true if the file could not be read at all, so that a caller can choose its exit code.
    """

    file: str
    line: int
    key: str
    value: str
    reason: Words
    remedy: Words
    unreadable: bool = False

    @property
    def zh(self) -> str:
        """`unit.toml 第 6 行 record.segment_seconds = 0：须在 5 到 600 之间。改为 60 可用。`."""
        where = f"{self.file} 第 {self.line} 行" if self.line else self.file
        stop = "" if self.remedy.zh.endswith("？") else "。"
        said = _head(where, self.key, self.value)
        return f"{said}：{self.reason.zh}。{self.remedy.zh}{stop}"

    @property
    def en(self) -> str:
        """`unit.toml line 6 record.segment_seconds = 0: must be … to 600. Use 60, for example.`."""
        where = f"{self.file} line {self.line}" if self.line else self.file
        stop = "" if self.remedy.en.endswith("?") else "."
        said = _head(where, self.key, self.value)
        return f"{said}: {self.reason.en}. {self.remedy.en}{stop}"


class ConfigRefused(Exception):
    """A configuration that must not be used; `problems` has every one, by file and line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(f"{problem.zh}\n{problem.en}" for problem in problems))
        self.problems = problems

    @property
    def unreadable(self) -> bool:
        """True if any file could not be read at all."""
        return any(problem.unreadable for problem in self.problems)


class BadValue(Exception):
    """A single value refused by a check of its own, with the reason and the remedy."""

    def __init__(self, reason: Words, remedy: Words) -> None:
        super().__init__(reason.en)
        self.reason = reason
        self.remedy = remedy


def _head(where: str, key: str, value: str) -> str:
    said = f"{key} = {value}" if key and value else key
    return f"{where} {said}" if said else where
