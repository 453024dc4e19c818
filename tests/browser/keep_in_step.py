"""Keep the page in step with the verifier: its table of sentences, and the hashes of its policy.

`python -m tests.browser.keep_in_step` writes both into `verify.html`. Everything else on the page
is written by hand; there is no build.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recorder.evidence.verify.closed_words import (
    CLOCKS,
    GAP_SOURCES,
    INTERRUPTIONS,
    STATEMENTS,
)
from recorder.evidence.verify.codes import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recorder.evidence.verdict import Wording

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "uplink/station/package/viewer/verify.html"
_SENTENCES = re.compile(
    r'(<script type="application/json" id="sentences">)(.*?)(</script>)', re.DOTALL
)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def sentences() -> str:
    """Write code → axis, weight and both sentences, and the closed words, one in a line."""
    codes = [
        f"{_spelt(code.name)}:{_spelt([k.axis.value, k.weight.value, k.zh, k.en])}"
        for code in Code
        for k in (code.value,)
    ]
    lists: dict[str, Mapping[Any, Wording]] = {  # each keyed by a list of words of its own
        "sources": GAP_SOURCES,
        "interruptions": INTERRUPTIONS,
        "clocks": CLOCKS,
        "statements": STATEMENTS,
    }
    words = [
        f"{_spelt(name)}:{_spelt({str(word): [said.zh, said.en] for word, said in each.items()})}"
        for name, each in lists.items()
    ]
    return '{"codes":{\n' + ",\n".join(codes) + '\n},"words":{\n' + ",\n".join(words) + "\n}}"


def _spelt(value: object) -> str:
    # A "<" could end the element that the table stands in.
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def in_step(page: str) -> str:
    """Give the page with the sentences of today and the hashes of its own script and style."""
    table = sentences()
    page = _SENTENCES.sub(lambda found: found[1] + table + found[3], page, count=1)
    for kind, element in (("script", _SCRIPT), ("style", _STYLE)):
        found = element.search(page)
        if found is None:
            raise ValueError(f"The page has no {kind} of its own; look at {PAGE.name}.")
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        page = re.sub(rf"({kind}-src 'sha256-)[^']*'", rf"\g<1>{digest}'", page, count=1)
    return page


def main() -> None:
    """Write the page anew."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(in_step(page), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
