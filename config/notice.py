"""The notice (告知) as it is spoken: the regulation's sentence with the agency and the officers."""

from collections.abc import Sequence

from config.schema import Rules

UNNAMED = "×××"  # as the originals print a name to be filled in


def notice_text(rules: Rules, agency: str, officers: Sequence[str]) -> str:
    """Return the sentence to speak; a name that is missing stays ××× rather than disappear."""
    missing = max(rules.crew.officers - len(officers), 0)
    names = "、".join([*officers, *[UNNAMED] * missing])
    return rules.notice.wording.say.replace("{agency}", agency).replace("{officers}", names)
