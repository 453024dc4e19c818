"""未记录申报, as an entry of the log: why an activity has no recording, by whom, on which article.

It replaces no recording and changes none. The words of the rule stand in the entry as they stood in
the rule file then, beside that file's digest, so that a later rule file changes nothing of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from recorder.evidence import canonical
from recorder.evidence.errors import Malformed
from recorder.evidence.moment import utc_ms
from recorder.evidence.words import check_digest, parse_origin
from uplink.wire.fields import Fields

TYPE: Final = "not_recorded"
_OFFICERS_MAX = 20
_WORDS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Declaration:
    """No recording from `since` to `until`, of `log` (a unit's, or empty) or `officers`, and why.

    `reason`, `article` and `text` are the rule's; `basis` is what happened, in the words of `by`.
    """

    log: str
    officers: tuple[str, ...]
    since: str
    until: str
    rules_sha256: str
    reason: str
    article: str
    text: str
    basis: str
    by: str
    station: str
    utc: str

    def line(self, random: Callable[[int], bytes]) -> bytes:
        """Return the entry's line, salted, with the line feed."""
        return canonical.line(
            {
                "v": 1,
                "type": TYPE,
                "log": self.log,
                "officers": list(self.officers),
                "from": self.since,
                "until": self.until,
                "rules_sha256": self.rules_sha256,
                "reason": self.reason,
                "article": self.article,
                "text": self.text,
                "basis": self.basis,
                "by": self.by,
                "station": self.station,
                "utc": self.utc,
                "salt": random(16).hex(),
            }
        )

    @property
    def unit(self) -> str:
        """The unit whose recording is missing, empty where nobody names one."""
        return parse_origin(self.log)[1] if self.log else ""

    def check_span(self) -> None:
        """Raise Malformed unless the span ends after it began, and before it was declared."""
        if utc_ms(self.until) < utc_ms(self.since):
            raise Malformed(f"the time ends before it begins: {self.since} to {self.until}")
        if utc_ms(self.until) > utc_ms(self.utc):
            raise Malformed(f"{self.until} is in the future; declare it when it is over")

    def sentence(self) -> str:
        """Say it in one line."""
        whose = "、".join(self.officers)
        return (
            f"not recorded from {self.since} to {self.until}{', ' if whose else ''}{whose}: "
            f"{self.reason} ({self.article} {self.text}); {self.basis}; declared by {self.by}"
        )


def parse_declaration(line: bytes) -> Declaration | None:
    """Return what an entry declares, None for an entry of another type. Raise Malformed."""
    value = canonical.decode(line.removesuffix(b"\n"))
    if not isinstance(value, dict) or value.get("type") != TYPE:
        return None
    fields = Fields.of(value, "a declaration")
    fields.count("v", 1, 1)
    fields.take("type")
    log = fields.text("log", 200)
    officers = fields.items("officers", _OFFICERS_MAX, _name)
    since, until = fields.text("from", 24), fields.text("until", 24)
    rules_sha256 = check_digest(fields.text("rules_sha256", 64))
    words = (
        fields.text(key, _WORDS_MAX)
        for key in ("reason", "article", "text", "basis", "by", "station", "utc")
    )
    declared = Declaration(log, officers, since, until, rules_sha256, *words)
    fields.text("salt", 64)
    fields.end()
    declared.check_span()
    return declared


def _name(value: canonical.Value) -> str:
    if not isinstance(value, str) or not value:
        raise Malformed("a declaration names an officer without a name")
    return value
